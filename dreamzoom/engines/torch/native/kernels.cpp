// What torch does slowly for one image: layers that wait for memory, done in one pass over it (max pooling, local
// response normalisation, the backward pass of a ReLU, the gradient at the image), 1x1 convolutions that take less
// time than the library needs to start one, pictures sampled between their pixels (sampling.hpp has its own layout),
// and colours moved by several maps at once.
//
// Tensors are channels last: value c of pixel (y, x) is at (y * width + x) * channels + c; only images are written
// channel by channel. Numbers are float32, or bfloat16 as the upper half of one; all arithmetic is in float32. Rows
// are shared out among OpenMP's threads, and none writes where another does, so the result does not depend on how
// many there are. These functions are what library.py, sampling.py and colours.py call, after
// they have checked the arguments.

#include "colours.hpp"
#include "image_gradient.hpp"
#include "lrn.hpp"
#include "pointwise.hpp"
#include "pooling.hpp"
#include "relu.hpp"
#include "sampling.hpp"

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

#define EXPORT_SAMPLING(filter, taps, suffix, T)                                                                \
  EXPORT(warp_##filter##_##suffix)(const SheetShape* s, const View* view, const T* sheet, float* to) {         \
    warp<taps>(*s, *view, sheet, to);                                                                          \
  }                                                                                                            \
  EXPORT(blend_##filter##_##suffix)(const SheetShape* s, const Blend* b, const T* first, const T* second,       \
                                    float* to) {                                                               \
    blend<taps>(*s, *b, first, second, to);                                                                    \
  }

#define EXPORT_FILTER(filter, taps)                                                                             \
  EXPORT_SAMPLING(filter, taps, float32, float)                                                                \
  EXPORT_SAMPLING(filter, taps, uint8, std::uint8_t)                                                           \
  EXPORT(fold_##filter)(const FoldShape* f, const float* picture, const std::int64_t* stand_ins,               \
                        const std::int64_t* shown, const std::int64_t* first, const float* right,              \
                        const float* down, float* sheet, float* to) {                                          \
    fold<taps>(*f, picture, stand_ins, shown, first, right, down, sheet, to);                                  \
  }

EXPORT_FILTER(bilinear, 2)
EXPORT_FILTER(cubic, 4)
EXPORT_FILTER(lanczos, 6)

EXPORT(lay_out_float32)(const SheetShape* s, const float* picture, float* sheet) { lay_out(*s, picture, sheet); }
EXPORT(lay_out_uint8)(const SheetShape* s, const std::uint8_t* picture, std::uint8_t* sheet) {
  lay_out(*s, picture, sheet);
}

EXPORT(map_colours)(const ColourMapShape* s, const float* nearness, const float* maps, const float* picture, float* to) {
  map_colours(*s, nearness, maps, picture, to);
}
