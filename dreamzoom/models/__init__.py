"""Networks as data: which models there are, how their files are read, and what is known of a network.

network       layers, networks and models, which engines compute
operations    the rarer operations of layers
shapes        sizes of a network's blobs
receptive     how much of the picture one value of a blob sees
reach         the sizes at which a picture reaches a blob, and how it is shown at others
overview      a network's blobs as a person reads them
tiling        how a picture is cut into tiles, each seen as in the whole
places        inner products as convolutions, so that class scores have places
scores        where a network says what it sees
classes       the classes that a network tells apart, by number and by name
wiring        what a model computes beside its weights, as a hash
candidates    which files of a folder are the model
descriptor    `model.toml`, what a model says about itself
names         which models there are, and which of them are at hand
store         the models by name: embedded, downloaded, to be downloaded, or in a folder
download      large files from the web, gone on with where they broke off
archive       one file out of a zip or tar.gz
sniff         what a file is that should have been a model's
wire          a first look at protobuf's wire format
caffe         Caffe's prototxt and caffemodel
tensorflow    TensorFlow's frozen graphs
provenance    how the files that come with dreamzoom were made
"""
