"""How fast the torch engine dreams: against a plain PyTorch loop, and against what the processor can do.

    python tests/benchmarks/bench_engine.py                            both nets at 640x360
    python tests/benchmarks/bench_engine.py --net squeezenet --size 320x180 --size 1920x1080 --rounds 5

The contenders take turns (see `contenders`); the medians over the rounds are printed, and the ratios say more
than the seconds. `floor` is no run: it is the arithmetic of the convolutions that the target needs, forward
and backward to their inputs, at the rate of a large matrix product measured in the same run. `objective`,
relative to plain's, shows whether all dream equally well. `yardstick.py` measures the same against Caffe.

What was learned on an AMD EPYC of Zen 4 (AVX-512 with bfloat16, 1 MiB of L2 a core) with torch 2.13.0, for a
step at 640x360, GoogLeNet to inception_4c/output and SqueezeNet to fire8/concat. First, milliseconds of one
core's time while it did other work too, float32 and bfloat16:

                                                    GoogLeNet        SqueezeNet
    by hand, channels last, no weight gradients     428   231         139    73
    + freed memory kept (no page faults)            349   190          88    50
    + first layer's gradient by phases, LRN by      293   175          77    43
      shifts, ReLUs in place and after pools,
      siblings joined
    + pools without a padded copy                   270   155          71    41

Then milliseconds with two threads, which make 1.7 to 1.8 of one, without and with the kernels in C++:

                      SqueezeNet float32   bfloat16   GoogLeNet float32   bfloat16
        at 233x131         7.6   5.9       6.2   4.7       22.2   19.2     15.7   12.8
        at 640x360        36.0  30.4      23.6  19.7      144.8  125.2     86.9   66.5

* A convolution runs at 113 GFLOP/s a core in float32 and 227 in bfloat16, more than a matrix product of side
  2048 (93 and 203). They are four fifths of a step of GoogLeNet.
* The gradient at the image: the library takes 53 ms for GoogLeNet's 7x7 layer of stride 2 to 3 channels, for
  it computes 16; as a 4x4 convolution of stride 1 to 12 channels it takes 20 (bfloat16: 27 and 11).
* LRN: a band matrix takes 13 ms for the window's sum over 192 channels of 90x160, shifted sums 3. A gradient
  that was a view into a padded one made its backward pass twice as slow.
* oneDNN's convolutions with the ReLU fused in, gradients of stride 1 by them, and no concatenation before
  narrow layers: SqueezeNet went from 80 ms to 69, in bfloat16 from 49 to 42 (one thread); GoogLeNet won 3 %.
  `F.conv2d` took three times as long for 128 to 16 channels. Weights laid out once for each size save 1.1 ms
  a step; laid out for another padding, one layer of bfloat16 took 8 times as long.
* torch does not share max pooling's backward pass of one image among threads (16 of GoogLeNet's 84 ms in
  bfloat16, forward included), and LRN waits for memory (9). The kernels do the first in 4 and the second in
  3. `scatter_add_`, oneDNN's own pooling (its backward pass fails) and LRN in blocks that fit the cache
  gained nothing.
* Each of oneDNN's convolutions takes 28 us before it computes, since a cached primitive's descriptor is made
  anew; a matrix product (`addmm`) takes 3, in bfloat16 17. Matrix products in their place gained nothing.
* A ReLU whose backward pass its one reader does saves a pass; so does one shift of the image a step for two.
* Left above the floor on GoogLeNet in bfloat16, of 66 ms where the floor is 50: 4 pooling, 3 LRN, 3 the first
  layer, 2 oneDNN's calls, 1 adding up gradients and concatenating.
* Winograd's F(4x4, 3x3) by matrix products, in chunks that fit the cache: 0.6 to 1 of the direct form's time
  for one layer alone, GoogLeNet as a whole 8 to 20 % slower, and 4 times the rounding error.
* Rounding matters: one ReLU or maximum that flips moves the image gradient by about 1e-3 of its norm. A dream
  is chaotic: 1e-3 of a grey level of noise in the start moved SqueezeNet's objective after 20 steps at
  200x150 by up to 20 %, GoogLeNet's by up to 0.6 %. Judge a precision by the mean over many dreams.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from contenders import (
    TARGETS,
    Arena,
    floors,
    frame_flops,
    machine,
    measure,
    open_net,
    parse_size,
    write_weights,
)

ENGINES = ("plain", "float32", "bfloat16")


def table(arena: Arena, rounds: int) -> Iterator[str]:
    """The lines for one network at one size."""
    results = measure(ENGINES, arena, rounds)
    size, target = arena.size, TARGETS[arena.net]
    flops = frame_flops(open_net(arena.net, arena.folder).network, target, size)
    least = floors(arena)
    yield f"{arena.net} {target} {size[0]}x{size[1]}, {flops / 1e9:.0f} GFLOP a frame"
    yield "              s/frame  x plain  s/Mpixel  floor s  x floor  objective"
    for result in results:
        floor = least.get(result.name, least["float32"])
        yield (
            f"  {result.name:10}{result.seconds:9.2f}{results[0].seconds / result.seconds:9.2f}"
            f"{result.seconds / (size[0] * size[1] / 1e6):10.2f}{floor:9.2f}{result.seconds / floor:9.2f}"
            f"{result.objective / results[0].objective:11.4f}"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--net", action="append", choices=sorted(TARGETS))
    parser.add_argument("--size", action="append", type=parse_size, metavar="WIDTHxHEIGHT")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        for net in options.net or TARGETS:
            write_weights(net, Path(folder))
            for size in options.size or [(640, 360)]:
                arena = Arena(net, size, Path(folder))
                print("\n".join(table(arena, options.rounds)), flush=True)


if __name__ == "__main__":
    main()
