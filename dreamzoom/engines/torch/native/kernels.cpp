// What torch does slowly for one picture: layers that wait for memory, done in one pass over it (max pooling,
// local response normalisation, the way back through a ReLU, the gradient at the picture), and 1x1 convolutions
// that take less time than getting under way.
//
// Tensors are channels last: value c of pixel (y, x) is at (y * width + x) * channels + c; only pictures are
// written channel by channel. Numbers are float32, or bfloat16 as the upper half of one; all arithmetic is in
// float32. Rows are shared out among OpenMP's threads, and none writes where another does, so the result does
// not depend on how many there are. These functions are what library.py calls; it has checked the arguments.

#include "picture.hpp"
#include "pointwise.hpp"
#include "pooling.hpp"
#include "relu.hpp"
#include "response.hpp"

using namespace dreamzoom;

#define DREAMZOOM_EXPORT extern "C" __attribute__((visibility("default"))) void

DREAMZOOM_EXPORT pool_float32(const Windows* w, const Float32* x, Float32* y, std::uint8_t* place) {
  pool(*w, x, y, place);
}

DREAMZOOM_EXPORT pool_bfloat16(const Windows* w, const BFloat16* x, BFloat16* y, std::uint8_t* place) {
  pool(*w, x, y, place);
}

DREAMZOOM_EXPORT unpool_float32(const Windows* w, const Float32* dy, const std::uint8_t* place, Float32* dx) {
  unpool(*w, dy, place, dx);
}

DREAMZOOM_EXPORT unpool_bfloat16(const Windows* w, const BFloat16* dy, const std::uint8_t* place, BFloat16* dx) {
  unpool(*w, dy, place, dx);
}

DREAMZOOM_EXPORT respond_float32(const Response* o, const Float32* x, Float32* y) { respond(*o, x, y); }

DREAMZOOM_EXPORT respond_bfloat16(const Response* o, const BFloat16* x, BFloat16* y) { respond(*o, x, y); }

DREAMZOOM_EXPORT respond_back_float32(const Response* o, const Float32* x, const Float32* dy, Float32* dx) {
  respond_back(*o, x, dy, dx);
}

DREAMZOOM_EXPORT respond_back_bfloat16(const Response* o, const BFloat16* x, const BFloat16* dy, BFloat16* dx) {
  respond_back(*o, x, dy, dx);
}

DREAMZOOM_EXPORT gate_float32(const Gate* g, const Float32* value, Float32* dx) { gate(*g, value, dx); }

DREAMZOOM_EXPORT gate_bfloat16(const Gate* g, const BFloat16* value, BFloat16* dx) { gate(*g, value, dx); }

DREAMZOOM_EXPORT to_pixels_float32(const Phases* p, const Float32* phases, Float32* pixels) {
  to_pixels(*p, phases, pixels);
}

DREAMZOOM_EXPORT to_pixels_bfloat16(const Phases* p, const BFloat16* phases, BFloat16* pixels) {
  to_pixels(*p, phases, pixels);
}

DREAMZOOM_EXPORT fold_float32(const Taps* t, const Float32* taps, Float32* pixels) { fold(*t, taps, pixels); }

DREAMZOOM_EXPORT pointwise_float32(const Pointwise* p, const float* weights, const float* bias, const Float32* x,
                                   const Float32* like, Float32* y) {
  pointwise(*p, weights, bias, x, like, y);
}

DREAMZOOM_EXPORT pointwise_bfloat16(const Pointwise* p, const float* weights, const float* bias, const BFloat16* x,
                                    const BFloat16* like, BFloat16* y) {
  pointwise(*p, weights, bias, x, like, y);
}
