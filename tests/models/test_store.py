"""The catalogue's facts, the deploy files, descriptors, and opening models by name or folder."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format

from dreamzoom.errors import ModelError, StorageError, UnknownBlobError
from dreamzoom.models import archive, store
from dreamzoom.models.caffe.caffe_pb2 import LayerParameter, NetParameter
from dreamzoom.models.descriptor import Descriptor, read_descriptor
from dreamzoom.models.download import Remote, want_space
from dreamzoom.models.names import EMBEDDED, FOLDER_VARIABLE, ZOO, is_at_hand, model_names, models_folder
from dreamzoom.models.network import (
    Convolution,
    InnerProduct,
    InputTransform,
    Layer,
    Network,
    Pooling,
    Unsupported,
)
from dreamzoom.models.provenance.write_deploys import deploy_files
from dreamzoom.models.store import (
    default_layer,
    download_model,
    find_model,
    list_models,
    open_model,
    read_catalogue,
)
from support.http import Site, running

CAFFE = sorted(deploy_files())
NAMES = sorted(read_catalogue())


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of downloaded models."""
    folder = tmp_path / "downloaded"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


# --------------------------------------------------------------------------------------- downloads


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A web server with the archive of a model of the catalogue."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tensorflow_inception_graph.pb", b"weights")
    entry = read_catalogue()["inception5h"]
    monkeypatch.setenv("no_proxy", "*")
    with running(Site(packed.getvalue())) as site:
        remote = Remote(site.url, len(site.content), (("sha256", hashlib.sha256(site.content).hexdigest()),))
        there = {"inception5h": replace(entry, remote=remote, unpacked=len(b"weights"))}
        monkeypatch.setattr(store, "read_catalogue", lambda: there)
        yield site


def test_an_archive_is_kept_until_it_could_be_unpacked(
    site: Site, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(archive, "want_space", lambda folder, size: want_space(folder, 1 << 60))
        with pytest.raises(StorageError, match="has room for"):
            download_model("inception5h")
    assert download_model("inception5h").weights.read_bytes() == b"weights"
    assert len(site.requests) == 1
    assert [path.name for path in (models / "inception5h").iterdir() if path.suffix != ".lock"] == [
        "tensorflow_inception_graph.pb"
    ]


def test_a_process_that_another_one_outran_has_the_model(
    site: Site, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = models / "inception5h" / "tensorflow_inception_graph.pb"

    def outrun(packed: Path, *rest: object) -> None:
        weights.write_bytes(b"weights")
        packed.unlink()
        archive.unpack(packed, *rest)

    monkeypatch.setattr(store, "unpack", outrun)
    assert download_model("inception5h").weights == weights


# --------------------------------------------------------------------------------------- the catalogue


def test_every_model_has_a_folder_in_the_zoo_and_the_other_way_round() -> None:
    assert sorted(folder.name for folder in ZOO.iterdir()) == NAMES


def test_what_is_at_hand_is_told_by_its_name_alone(models: Path) -> None:
    assert set(model_names()) == {*EMBEDDED, *NAMES}
    for listing in list_models():
        assert is_at_hand(listing.descriptor.name) == (listing.state == "embedded")
        (models / listing.descriptor.name).mkdir(parents=True)
        (models / listing.descriptor.name / listing.descriptor.weights).touch()
        assert is_at_hand(listing.descriptor.name)


@pytest.mark.parametrize("name", NAMES)
def test_a_description_says_what_a_user_must_know(name: str) -> None:
    said = read_catalogue()[name].descriptor
    assert said.name == name
    assert said.title
    assert said.licence
    assert said.source
    assert said.layer


@pytest.mark.parametrize("name", NAMES)
def test_published_hashes_are_whole(name: str) -> None:
    remote = read_catalogue()[name].remote
    for algorithm, digest in remote.digests:
        assert re.fullmatch(r"[0-9a-f]+", digest)
        assert len(digest) == hashlib.new(algorithm).digest_size * 2
    assert remote.url.startswith(("http://", "https://"))


@pytest.mark.parametrize("name", NAMES)
def test_unencrypted_addresses_have_a_hash_unless_none_is_published(name: str) -> None:
    remote = read_catalogue()[name].remote
    assert remote.digests or "places" in name


def test_googlenet_has_the_hash_that_its_readme_publishes() -> None:
    remote = read_catalogue()["googlenet"].remote
    assert ("sha1", "405fc5acd08a3bb12de8ee5e23a96bec22f08204") in remote.digests
    assert remote.url == "http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel"


def test_weights_hashes_are_the_same_in_both_places() -> None:
    for entry in read_catalogue().values():
        downloaded = dict(entry.remote.digests).get("sha256", "")
        assert entry.in_archive or entry.descriptor.sha256 == downloaded


# ------------------------------------------------------------------------------------ the deploy files


@pytest.mark.parametrize("name", CAFFE)
def test_deploy_files_are_what_their_script_writes(name: str) -> None:
    assert (ZOO / name / "deploy.prototxt").read_text("utf-8") == deploy_files()[name]


def parsed(name: str) -> NetParameter:
    return text_format.Parse((ZOO / name / "deploy.prototxt").read_text("utf-8"), NetParameter())


def parameters(net: NetParameter) -> int:
    """How many numbers Caffe would train in this net, counted by walking it with Caffe's size rules."""
    shapes: dict[str, tuple[int, int]] = {}  # channels and side; no net here has other than square blobs
    total = 0
    for layer in net.layer:
        bottoms = [shapes[bottom] for bottom in layer.bottom]
        shapes[layer.top[0]], trained = walked(layer, bottoms)
        total += trained
    return total


def walked(layer: LayerParameter, bottoms: list[tuple[int, int]]) -> tuple[tuple[int, int], int]:
    if layer.type == "Input":
        return (layer.input_param.shape[0].dim[1], layer.input_param.shape[0].dim[2]), 0
    channels, side = bottoms[0]
    if layer.type == "Convolution":
        given = layer.convolution_param
        kernel, outputs = given.kernel_size[0], given.num_output
        pad = given.pad[0] if given.pad else 0
        stride = given.stride[0] if given.stride else 1
        trained = outputs * (channels // given.group) * kernel**2 + outputs
        return (outputs, (side + 2 * pad - kernel) // stride + 1), trained
    if layer.type == "Pooling":
        window = layer.pooling_param
        return (channels, -(-(side + 2 * window.pad - window.kernel_size) // window.stride) + 1), 0
    if layer.type == "InnerProduct":
        outputs = layer.inner_product_param.num_output
        return (outputs, 1), outputs * channels * side**2 + outputs
    if layer.type == "Concat":
        return (sum(each for each, _ in bottoms), side), 0
    return bottoms[0], 0


@pytest.mark.parametrize("name", ["vgg16", "vgg19", "alexnet", "caffenet"])
def test_a_published_caffemodel_is_as_large_as_the_deploy_files_weights(name: str) -> None:
    # A caffemodel is its weights in float32 and a few kilobytes of names and shapes.
    size = read_catalogue()[name].remote.size
    assert size is not None
    assert 0 < size - 4 * parameters(parsed(name)) < 4096


def test_googlenets_published_size_is_its_weights_and_those_of_its_side_classifiers() -> None:
    # The two that only training had: a 1x1 convolution to 128 channels, 4 x 4 x 128 to 1024, 1024 to 1000.
    sides = sum(c * 128 + 128 + 2048 * 1024 + 1024 + 1024 * 1000 + 1000 for c in (512, 528))
    size = read_catalogue()["googlenet"].remote.size
    assert size is not None
    assert 0 < size - 4 * (parameters(parsed("googlenet")) + sides) < 40_000


def test_googlenet_has_the_seven_million_parameters_of_the_paper() -> None:
    assert parameters(parsed("googlenet")) == 6_998_552


@pytest.mark.parametrize(("name", "classes"), [("googlenet_places205", 205), ("googlenet_places365", 365)])
def test_places_is_googlenet_with_other_classes(name: str, classes: int) -> None:
    places, googlenet = parsed(name), parsed("googlenet")
    assert places.layer[-2].inner_product_param.num_output == classes
    assert [layer.name for layer in places.layer] == [layer.name for layer in googlenet.layer]


@pytest.mark.parametrize(
    ("name", "blobs"),
    [
        (
            "googlenet",
            ["conv1/7x7_s2", "conv2/norm2", "inception_3b/5x5_reduce", "inception_4c/output", "pool5/7x7_s1"],
        ),
        ("vgg16", ["conv1_1", "conv3_3", "conv5_3", "pool5", "fc6", "fc7", "fc8", "prob"]),
        ("vgg19", ["conv1_1", "conv3_4", "conv5_4", "pool5", "fc6", "fc7", "fc8", "prob"]),
        ("alexnet", ["conv1", "norm1", "pool1", "conv5", "pool5", "fc8", "prob"]),
        ("caffenet", ["conv1", "pool1", "norm1", "conv5", "pool5", "fc8", "prob"]),
    ],
)
def test_blobs_have_their_publishers_names_in_order(name: str, blobs: list[str]) -> None:
    tops = list(dict.fromkeys(top for layer in parsed(name).layer for top in layer.top))
    assert [top for top in tops if top in blobs] == blobs


@pytest.mark.parametrize("name", CAFFE)
def test_the_layer_of_a_description_is_in_its_deploy_file(name: str) -> None:
    tops = {top for layer in parsed(name).layer for top in layer.top}
    assert read_catalogue()[name].descriptor.layer in tops


# ----------------------------------------------------------------------------------------- descriptors


def folder_with(folder: Path, *names: str, toml: str = "") -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"")
    if toml:
        (folder / "model.toml").write_text(toml, "utf-8")
    return folder


def test_a_folder_without_a_description_is_caffes_imagenet(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "net", "net.prototxt", "net.caffemodel")
    expected = InputTransform("bgr", (104.0, 117.0, 123.0), 1.0)
    assert read_descriptor(folder) == Descriptor(
        "net", prototxt="net.prototxt", caffemodel="net.caffemodel", transform=expected
    )


def test_a_frozen_graph_is_rgb_minus_117(tmp_path: Path) -> None:
    said = read_descriptor(folder_with(tmp_path / "net", "graph.pb", toml="scale = 0.5"))
    assert said.weights == said.graph == "graph.pb"
    assert said.transform == InputTransform("rgb", (117.0, 117.0, 117.0), 0.5)


def test_every_key_is_read(tmp_path: Path) -> None:
    toml = f"""
    name = "mine"
    title = "My net"
    prototxt = "a.prototxt"
    caffemodel = "b.caffemodel"
    channels = "rgb"
    mean = [1, 2.5, 3]
    scale = 0.017
    layer = "conv4"
    licence = "MIT"
    source = "my attic"
    sha256 = "{"A" * 64}"
    """
    said = read_descriptor(folder_with(tmp_path / "net", toml=toml))
    transform = InputTransform("rgb", (1.0, 2.5, 3.0), 0.017)
    words = (
        "mine",
        "My net",
        "a.prototxt",
        "b.caffemodel",
        "",
        transform,
        "conv4",
        "MIT",
        "my attic",
        "a" * 64,
    )
    assert said == Descriptor(*words)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["deploy.prototxt", "train_val.prototxt", "solver.prototxt"], "deploy.prototxt"),
        (["VGG_16_deploy.prototxt", "train_val.prototxt"], "VGG_16_deploy.prototxt"),
        (["net.PROTOTXT"], "net.PROTOTXT"),
    ],
)
def test_the_deploy_file_is_found_among_others(tmp_path: Path, names: list[str], chosen: str) -> None:
    assert read_descriptor(folder_with(tmp_path / "net", "net.caffemodel", *names)).prototxt == chosen


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], r"holds no prototxt"),
        (["a.prototxt"], r"holds no caffemodel"),
        (
            ["a.prototxt", "b.prototxt", "c.caffemodel"],
            r"2 files that could be its prototxt \(a.*, b.*\); name one",
        ),
        (["a.prototxt", "b.caffemodel", "c.caffemodel"], r"2 files that could be its caffemodel"),
        (["a.pb", "b.pb"], r"2 files that could be its graph"),
    ],
)
def test_a_folder_that_is_not_one_model_says_why(tmp_path: Path, names: list[str], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_descriptor(folder_with(tmp_path / "net", *names))


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("meen = [1, 2, 3]", r"model\.toml: there is no key 'meen'; did you mean .*'mean'"),
        (
            "mean = [1, 2]",
            r"model\.toml: mean must be three numbers, one a channel, or one for all, not \[1, 2\]",
        ),
        ("mean = [1, 2, nan]", "mean must be three numbers"),
        ("mean = [1, 2, true]", "mean must be three numbers"),
        (f"mean = [1, 2, 1{'0' * 400}]", "mean must be three numbers"),
        ("scale = 0", "scale must be a number above 0, not 0"),
        ("scale = inf", "scale must be a number above 0"),
        ('channels = "grb"', r'channels must be "bgr", "rgb" or "grey", not \'grb\''),
        ("name = 5", "name must be text on one line, not 5"),
        ('title = "two\\nlines"', "title must be text on one line"),
        ('sha256 = "abc"', "sha256 must be 64 hexadecimal digits"),
        ('graph = "a.pb"\nprototxt = "b"', "either graph, or prototxt and caffemodel, not both"),
        ("scale = 1\nname = =", r"model\.toml: line 2, column \d+: invalid value"),
    ],
)
def test_a_wrong_description_names_file_and_key(tmp_path: Path, toml: str, message: str) -> None:
    folder = folder_with(tmp_path / "net", "a.prototxt", "a.caffemodel", toml=toml)
    with pytest.raises(ModelError, match=message):
        read_descriptor(folder)


@pytest.mark.parametrize("key", ["prototxt", "caffemodel", "graph"])
@pytest.mark.parametrize(
    "name", ["../a", "/etc/passwd", "b/a", "..", ".", "", "a\\b", "C:a", "a:stream", "~/a/b", "a\\u0000"]
)
def test_a_description_cannot_name_a_file_elsewhere(tmp_path: Path, key: str, name: str) -> None:
    written = name if name.endswith("u0000") else name.replace("\\", "\\\\")
    folder = folder_with(tmp_path / "net", "a.prototxt", "a.caffemodel", toml=f'{key} = "{written}"')
    with pytest.raises(ModelError, match=rf"{key} must be the name of a file in the same folder"):
        read_descriptor(folder)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a" * 100_000])
def test_what_is_no_description_is_refused(tmp_path: Path, data: bytes) -> None:
    folder = folder_with(tmp_path / "net")
    (folder / "model.toml").write_bytes(data)
    with pytest.raises(
        ModelError, match=r"model\.toml: (line 1: is not UTF-8|is larger than 64 KiB, which no description)"
    ):
        read_descriptor(folder)


# ------------------------------------------------------------------------------------- names and folders


@pytest.mark.parametrize(
    ("asked", "near"), [("googlnet", "'googlenet'"), ("vgg-16", "'vgg16'"), ("squeeze-net", "'squeezenet'")]
)
def test_an_unknown_name_gets_the_nearest_ones(asked: str, near: str) -> None:
    with pytest.raises(ModelError, match=f"no model and no folder called '{asked}'; did you mean .*{near}"):
        find_model(asked)


@pytest.mark.parametrize("asked", ["", "\0", "nothing like it"])
def test_names_that_are_like_no_other_are_refused(asked: str) -> None:
    with pytest.raises(ModelError, match="no model and no folder called"):
        find_model(asked)


@pytest.mark.parametrize("name", NAMES)
def test_a_known_model_that_is_not_downloaded_names_the_command(name: str) -> None:
    with pytest.raises(ModelError, match=f"not downloaded yet.*dreamzoom models get {name}$"):
        find_model(name)


def test_downloaded_weights_are_found_beside_the_deploy_file_of_the_zoo(models: Path) -> None:
    weights = models / "googlenet" / "bvlc_googlenet.caffemodel"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"")
    files = find_model("googlenet")
    assert files.weights == weights
    assert files.prototxt == ZOO / "googlenet" / "deploy.prototxt"


def test_a_name_is_the_model_and_a_path_is_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_with(tmp_path / "squeezenet", "a.prototxt", "a.caffemodel")
    folder_with(tmp_path / "mine", "a.prototxt", "a.caffemodel")
    monkeypatch.chdir(tmp_path)
    assert find_model("squeezenet").prototxt == EMBEDDED["squeezenet"] / "deploy.prototxt"
    assert find_model("./squeezenet").prototxt == Path("squeezenet/a.prototxt")
    assert find_model(Path("squeezenet")).prototxt == Path("squeezenet/a.prototxt")
    assert find_model("mine").prototxt == Path("mine/a.prototxt")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no .*nowhere; a model is a folder with"):
        find_model(tmp_path / "nowhere")


def test_models_go_to_the_users_cache_unless_told_otherwise(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert models_folder() == models
    monkeypatch.delenv(FOLDER_VARIABLE)
    assert "dreamzoom" in models_folder().parts
    assert models_folder().is_absolute()


def test_the_list_tells_what_is_where(models: Path) -> None:
    (models / "vgg16").mkdir(parents=True)
    (models / "vgg16" / "VGG_ILSVRC_16_layers.caffemodel").write_bytes(b"12345")
    (models / "vgg19").mkdir()
    (models / "vgg19" / "VGG_ILSVRC_19_layers.caffemodel.part").write_bytes(b"123")
    states = {listing.descriptor.name: (listing.state, listing.size) for listing in list_models()}
    assert set(states) == {*EMBEDDED, *NAMES}
    assert states["squeezenet"][0] == "embedded"
    assert states["vgg16"] == ("downloaded", 5)
    assert states["vgg19"] == ("incomplete", 574671192)
    assert states["googlenet"] == ("available", 53533754)
    assert states["googlenet_places365"] == ("available", None)


# ---------------------------------------------------------------------------------------------- opening


def test_the_embedded_model_opens() -> None:
    model = open_model("squeezenet")
    assert model.name == "squeezenet"
    assert model.default_layer == "fire8/concat"
    assert model.transform == InputTransform("bgr", (104.0, 117.0, 123.0), 1.0)
    assert model.caffemodel is not None
    assert model.sha256 == hashlib.sha256(model.caffemodel.read_bytes()).hexdigest()
    assert "fire9/concat" in model.network.blobs


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The embedded model in a folder of one's own, without a description."""
    folder = tmp_path / "copy"
    shutil.copytree(EMBEDDED["squeezenet"], folder)
    (folder / "model.toml").unlink()
    return folder


def test_a_folder_opens_under_its_own_name(copy: Path) -> None:
    model = open_model(copy)
    assert model.name == "copy"
    assert model.default_layer == "fire9/concat"
    assert model.sha256 == open_model("squeezenet").sha256


def test_weights_that_are_not_those_described_are_refused(copy: Path) -> None:
    (copy / "model.toml").write_text(f'sha256 = "{"0" * 64}"', "utf-8")
    found = hashlib.sha256((copy / "squeezenet_v1.1.caffemodel").read_bytes()).hexdigest()
    with pytest.raises(ModelError, match=f"sha256 {found}, expected {'0' * 64}"):
        open_model(copy)


def test_a_layer_that_the_model_does_not_have_is_refused(copy: Path) -> None:
    (copy / "model.toml").write_text('layer = "fire8/conct"', "utf-8")
    with pytest.raises(UnknownBlobError, match=r"fire8/conct.*did you mean 'fire8/concat'"):
        open_model(copy)


def test_missing_weights_are_named(copy: Path) -> None:
    (copy / "model.toml").write_text('caffemodel = "other.caffemodel"', "utf-8")
    with pytest.raises(ModelError, match=r"other\.caffemodel cannot be read"):
        open_model(copy)


def convolution(outputs: int, inputs: int, stride: int) -> Convolution:
    return Convolution(np.zeros((outputs, inputs, 3, 3), np.float32), None, (stride, stride), (1, 1))


def chain(*steps: tuple[str, Convolution | Pooling | InnerProduct]) -> Network:
    names = ["data", *(name for name, _ in steps)]
    layers = [Layer(name, step, (below,), (name,)) for below, (name, step) in zip(names, steps, strict=False)]
    return Network("chain", "data", (3, 224, 224), tuple(layers))


def test_without_a_word_dreams_climb_the_last_layer_at_a_sixteenth() -> None:
    network = chain(
        ("half", convolution(4, 3, 2)),
        ("eighth", convolution(4, 4, 4)),
        ("sixteenth", convolution(4, 4, 2)),
        ("sixteenth again", convolution(4, 4, 1)),
        ("thirty-second", convolution(4, 4, 2)),
        ("mean", Pooling("average", None)),
        ("classes", InnerProduct(np.zeros((10, 4), np.float32), None)),
    )
    assert default_layer(network) == "sixteenth again"


def test_the_classes_of_a_fully_convolutional_net_are_no_layer_to_dream_of() -> None:
    network = chain(
        ("sixteenth", convolution(4, 3, 16)),
        ("classes", convolution(10, 4, 1)),
        ("mean", Pooling("average", None)),
    )
    assert default_layer(network) == "sixteenth"


def test_where_no_layer_is_fine_the_finest_is_dreamed_of() -> None:
    coarse = chain(
        ("coarse", convolution(4, 3, 32)), ("coarser", convolution(4, 4, 2)), ("c", convolution(2, 4, 1))
    )
    assert default_layer(coarse) == "coarse"
    assert default_layer(chain(("all", Pooling("average", None)))) == "all"


def test_a_network_without_a_layer_to_dream_of_says_why() -> None:
    network = chain(("all", Pooling("average", None)))
    lost = Unsupported("all", "odd", "layer 'odd' (Odd) is not computed")
    with pytest.raises(ModelError, match=r"'chain' has no layer to dream of: layer 'odd' \(Odd\) is not"):
        default_layer(replace(network, unsupported=(lost,)))
