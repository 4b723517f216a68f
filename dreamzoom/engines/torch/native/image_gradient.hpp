// The gradient at the image, from a convolution of the first layer's gradient: the last step of the backward pass.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lanes.hpp"

namespace dreamzoom {

struct PixelShuffleShape {
  std::int64_t columns, channels;  // of the phases, which have channels * stride_height * stride_width channels
  std::int64_t stride_height, stride_width;
  std::int64_t height, width, above, left;  // of the image, and how many rows and columns are cut off
};

// Pixel (y, x) of the image is phase ((y + above) % stride, (x + left) % stride) at position ((y + above) / stride,
// (x + left) / stride). The image is written channel by channel.
template <class T>
void pixel_shuffle(const PixelShuffleShape& p, const T* phases, T* image) {
  const std::int64_t depth = p.channels * p.stride_height * p.stride_width;
#pragma omp parallel for schedule(static)
  for (std::int64_t y = 0; y < p.height; ++y) {
    const T* row = phases + (y + p.above) / p.stride_height * p.columns * depth +
                   (y + p.above) % p.stride_height * p.stride_width;
    for (std::int64_t channel = 0; channel < p.channels; ++channel) {
      const T* from = row + channel * p.stride_height * p.stride_width;
      T* to = image + (channel * p.height + y) * p.width;
      for (std::int64_t phase = 0; phase < p.stride_width; ++phase) {
        const std::int64_t first = (p.left - phase + p.stride_width - 1) / p.stride_width;
        std::int64_t x = first * p.stride_width + phase - p.left;
        for (const T* at = from + first * depth + phase; x < p.width; x += p.stride_width, at += depth) {
          to[x] = *at;
        }
      }
    }
  }
}

struct Col2imShape {
  std::int64_t rows, columns, channels;  // of a layer's windows, and channels of the image
  std::int64_t kernel_height, kernel_width, stride_height, stride_width;
  std::int64_t height, width, above, left;  // of the image, and how many rows and columns are cut off
};

// A window's gradient at its pixel (ky, kx) is its tap (ky, kx, channel); a pixel of the image gets the sum over
// all windows that see it. The image is written channel by channel.
template <int Reach>
void col2im_rows(const Col2imShape& t, const Float32* taps, Float32* image) {
  const std::int64_t reach = t.kernel_width * t.channels, depth = t.kernel_height * reach;
  const std::int64_t seen = (t.columns - 1) * t.stride_width + t.kernel_width;
#pragma omp parallel
  {
    std::vector<float> line(std::max(seen, t.left + t.width) * t.channels);
#pragma omp for schedule(static)
    for (std::int64_t y = 0; y < t.height; ++y) {
      std::fill(line.begin(), line.end(), 0.0F);
      const std::int64_t at = y + t.above;
      const std::int64_t first = at < t.kernel_height ? 0 : (at - t.kernel_height) / t.stride_height + 1;
      for (std::int64_t row = first; row < std::min(at / t.stride_height + 1, t.rows); ++row) {
        const Float32* from = taps + row * t.columns * depth + (at - row * t.stride_height) * reach;
        for (std::int64_t column = 0; column < t.columns; ++column, from += depth) {
          float* to = line.data() + column * t.stride_width * t.channels;
          for (std::int64_t tap = 0; tap < (Reach ? Reach : reach); ++tap) to[tap] += from[tap];
        }
      }
      for (std::int64_t channel = 0; channel < t.channels; ++channel) {
        Float32* to = image + (channel * t.height + y) * t.width;
        const float* from = line.data() + t.left * t.channels + channel;
        for (std::int64_t x = 0; x < t.width; ++x) to[x] = from[x * t.channels];
      }
    }
  }
}

inline void col2im(const Col2imShape& t, const Float32* taps, Float32* image) {
  // For the usual kernel, 3x3 on 3 channels, the compiler does better where it knows how many.
  if (t.kernel_width * t.channels == 9) {
    col2im_rows<9>(t, taps, image);
  } else {
    col2im_rows<0>(t, taps, image);
  }
}

}  // namespace dreamzoom
