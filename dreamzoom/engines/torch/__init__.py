"""The torch engine: fast, on CPU, CUDA and MPS.

engine       the engine
passes       a network as a graph, and rewrites of it that compute the same in less time
program      a graph made ready to run, forward and backward
cuda_graphs  a program recorded as CUDA graphs
kernel       the types of kernels, and the backward pass of a ReLU
layers       one kernel for each kind of layer
convolution  convolutions
onednn       convolutions on a CPU with a ReLU or a sum fused into them
pooling      pooling
pointwise    functions of each value, and those that normalise each plane
layout       joining, cutting, repeating and laying out
lrn          local response normalisation
native       kernels of dreamzoom's own, in C++
threads      what is the same for any number of threads
postponed    parts of torch that a CPU does not use, executed when they are asked for
process      settings of the whole process: threads that wait, memory that is freed
"""
