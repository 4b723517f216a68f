// What torch does slowly for one image: layers that wait for memory, done in one pass over it (max pooling, local
// response normalisation, the backward pass of a ReLU, the gradient at the image), and 1x1 convolutions that take
// less time than the library needs to start one.
//
// Tensors are channels last: value c of pixel (y, x) is at (y * width + x) * channels + c; only images are written
// channel by channel. Numbers are float32, or bfloat16 as the upper half of one; all arithmetic is in float32. Rows
// are shared out among OpenMP's threads, and none writes where another does, so the result does not depend on how
// many there are. These functions are what library.py calls, after it has checked the arguments.

#include "image_gradient.hpp"
#include "lrn.hpp"
#include "pointwise.hpp"
#include "pooling.hpp"
#include "relu.hpp"

using namespace dreamzoom;

#define EXPORT(name) extern "C" __attribute__((visibility("default"))) void name

#define EXPORT_ALL(suffix, T)                                                                                  \
  EXPORT(max_pool_##suffix)(const PoolingWindows* w, const T* x, T* y, std::uint8_t* index) {                  \
    max_pool(*w, x, y, index);                                                                                 \
  }                                                                                                            \
  EXPORT(max_pool_backward_##suffix)(const PoolingWindows* w, const T* dy, const std::uint8_t* index, T* dx) { \
    max_pool_backward(*w, dy, index, dx);                                                                      \
  }                                                                                                            \
  EXPORT(lrn_##suffix)(const LRNShape* o, const T* x, T* y) { lrn(*o, x, y); }                                 \
  EXPORT(lrn_backward_##suffix)(const LRNShape* o, const T* x, const T* dy, T* dx) {                           \
    lrn_backward(*o, x, dy, dx);                                                                               \
  }                                                                                                            \
  EXPORT(relu_backward_##suffix)(const ReLUBackwardShape* g, const T* value, T* dx) {                          \
    relu_backward(*g, value, dx);                                                                              \
  }                                                                                                            \
  EXPORT(pixel_shuffle_##suffix)(const PixelShuffleShape* p, const T* phases, T* image) {                      \
    pixel_shuffle(*p, phases, image);                                                                          \
  }                                                                                                            \
  EXPORT(pointwise_##suffix)(const PointwiseShape* p, const float* weights, const float* bias, const T* x,     \
                             const T* like, T* y) {                                                            \
    pointwise(*p, weights, bias, x, like, y);                                                                  \
  }

EXPORT_ALL(float32, Float32)
EXPORT_ALL(bfloat16, BFloat16)

EXPORT(col2im_float32)(const Col2imShape* t, const Float32* taps, Float32* image) { col2im(*t, taps, image); }
