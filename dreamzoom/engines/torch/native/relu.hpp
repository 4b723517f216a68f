// The backward pass of a ReLU, for gradients that lie side by side.

#pragma once

#include <cstdint>

#include "lanes.hpp"

namespace dreamzoom {

constexpr int kMostParts = 8;

struct ReLUBackwardShape {
  std::int64_t pixels, channels;  // of the ReLU's result
  std::int64_t parts;             // how many gradients there are, side by side along the channels
  std::int64_t widths[kMostParts], strides[kMostParts];  // of each: its channels, and the step between its pixels
  const void* diffs[kMostParts];
};

inline Floats relu_gradient(const Float32* value, const Float32* diff, std::int64_t count) {
  return relu_gradient(load(value, count), load(diff, count));
}

// As an integer bfloat16 has its sign in the highest bit; not-a-number is above minus infinity (0xff80).
inline Halves relu_gradient(const BFloat16* value, const BFloat16* diff, std::int64_t count) {
  const auto bits = read<Halves>(value, count);
  const auto stops = (bits == 0) | ((bits >= 0x8000) & (bits <= 0xff80));
  return ~same_bits<Halves>(stops) & read<Halves>(diff, count);
}

// dx = 0 where the result is not above zero, else dy.
template <class T>
void relu_backward(const ReLUBackwardShape& g, const T* value, T* dx) {
#pragma omp parallel for schedule(static)
  for (std::int64_t pixel = 0; pixel < g.pixels; ++pixel) {
    std::int64_t at = pixel * g.channels;
    for (std::int64_t part = 0; part < g.parts; ++part) {
      const T* dy = static_cast<const T*>(g.diffs[part]) + pixel * g.strides[part];
      by_lanes(g.widths[part], [&](std::int64_t channel, auto count) {
        write(dx + at + channel, relu_gradient(value + at + channel, dy + channel, count), count);
      });
      at += g.widths[part];
    }
  }
}

}  // namespace dreamzoom
