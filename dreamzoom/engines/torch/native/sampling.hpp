// Pictures sampled between their pixels: moved by a similarity, two of them blended, or folded by mirrors.
//
// A picture is first laid out on a sheet: four numbers a pixel, so that neighbours in a row are side by side in
// memory, with a margin around it in which it is mirrored. A register then holds two neighbours, and nothing is
// gathered number by number. Registers are 32 bytes wide at every level of processor.

#pragma once

#include <cmath>
#include <cstdint>

#include <immintrin.h>

#include "lanes.hpp"

namespace dreamzoom {

constexpr int kPixels = 8;  // worked on at once
constexpr int kSlots = 4;   // numbers of a pixel on a sheet; those beyond its channels are zero
constexpr int kMostBorders = 6;
constexpr double kFar = 1 << 28;  // pixels: what lies beyond is brought near in float64

using Eight = float __attribute__((vector_size(32)));
using EightInts = std::int32_t __attribute__((vector_size(32)));

struct SheetShape {
  std::int64_t height, width, channels, margin;             // of the picture; the margin is half the filter's taps
  std::int64_t row_stride, column_stride, channel_stride;  // of the picture in memory
  std::int64_t wide() const { return width + 2 * margin; }
};

// Where a view's pixel (x, y) is in the picture: the complex number turn * (x + iy) + shift.
struct View {
  double turn_real, turn_imag, shift_real, shift_imag;
};

struct Border {
  double across, down, at_zero;  // pixel (x, y) of a view is across * x + down * y + at_zero pixels inside it
};

// A picture's part in a blend: its weight inside all its borders, which fades to the `least` share of it over so many
// pixels beyond them.
struct Share {
  double weight, feather, least;
  std::int64_t borders;
  Border border[kMostBorders];
};

struct Blend {
  View views[2];
  Share shares[2];
};

struct FoldShape {
  std::int64_t pixels, channels;  // of the picture, channel by channel
  std::int64_t places, wide;      // of the sheet: all, and those in a row
  std::int64_t sampled;
};

inline Eight all(float value) { return _mm256_set1_ps(value); }

inline Eight load_eight(const Float32* from) { return read<Eight>(from, kPixels); }

inline Eight load_eight(const std::uint8_t* from) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
}

// A line of pixels goes on mirrored at its ends, the end itself repeated: ... 1 0 0 1 2 ...
inline std::int64_t mirrored(std::int64_t index, std::int64_t side) {
  const std::int64_t folded = ((index % (2 * side)) + 2 * side) % (2 * side);
  return folded < side ? folded : 2 * side - 1 - folded;
}

inline double mirrored(double position, double side) {
  const double past = position + 0.5, folded = past - 2 * side * std::floor(past / (2 * side));
  return (folded < side ? folded : 2 * side - folded) - 0.5;
}

// Slots beyond the channels hold the first one again; nobody reads them.
template <class T>
void lay_out(const SheetShape& s, const T* picture, T* sheet) {
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < s.height + 2 * s.margin; ++row) {
    const T* line = picture + mirrored(row - s.margin, s.height) * s.row_stride;
    T* __restrict to = sheet + row * s.wide() * kSlots;
    const T* channels[kSlots];
    for (int slot = 0; slot < kSlots; ++slot) channels[slot] = line + (slot < s.channels ? slot : 0) * s.channel_stride;
    const auto copy = [&](std::int64_t place, std::int64_t from) {
      for (int slot = 0; slot < kSlots; ++slot) to[place * kSlots + slot] = channels[slot][from];
    };
    for (std::int64_t column = 0; column < s.margin; ++column) {
      copy(column, mirrored(column - s.margin, s.width) * s.column_stride);
      copy(s.margin + s.width + column, mirrored(s.width + column, s.width) * s.column_stride);
    }
    if (s.column_stride == 1) {  // which the compiler does for many at once
      for (std::int64_t column = 0; column < s.width; ++column) copy(s.margin + column, column);
    } else {
      for (std::int64_t column = 0; column < s.width; ++column) copy(s.margin + column, column * s.column_stride);
    }
  }
}

// The weights of a filter's neighbours, for positions a fraction of a pixel after the one before the middle.
template <int Taps>
void weigh(Eight fraction, Eight* weights);

template <>
inline void weigh<2>(Eight fraction, Eight* weights) {
  weights[0] = 1.0F - fraction;
  weights[1] = fraction;
}

// Keys' cubic convolution kernel with a = -1/2.
template <>
inline void weigh<4>(Eight f, Eight* weights) {
  weights[0] = ((1.0F - 0.5F * f) * f - 0.5F) * f;
  weights[1] = (1.5F * f - 2.5F) * f * f + 1.0F;
  weights[2] = ((2.0F - 1.5F * f) * f + 0.5F) * f;
  weights[3] = (0.5F * f - 0.5F) * f * f;
}

// Lanczos' kernel of three lobes, its weights made to sum to 1. All of them have the factor sin(pi f), which is left
// out, and are given times f, so that none is infinite at a pixel. Near the next pixel they are those of 1 - f, the
// other way round.
template <>
inline void weigh<6>(Eight fraction, Eight* weights) {
  const auto is_late = fraction > 0.5F;
  const Eight f = is_late ? 1.0F - fraction : fraction;
  const Eight square = f * f;
  // sin(pi f / 3) and cos(pi f / 3), times 3 / pi, the cosine times sin(pi / 3) as well; f is 1/2 at most.
  const Eight sine_over_f =
      1.0F + square * (-0.18277045F + square * (0.010021512F + square * (-0.00026165892F + square * 3.985382e-6F)));
  const Eight sine = sine_over_f * f;
  const Eight cosine =
      0.82699334F +
      square * (-0.45344985F + square * (0.041438612F + square * (-0.0015147529F + square * 2.966275e-5F)));
  const auto part = [&](Eight value, Eight distance) { return value * f / (distance * distance); };
  const Eight early[6] = {
      part(cosine - 0.5F * sine, f + 2.0F), part(-cosine - 0.5F * sine, f + 1.0F), sine_over_f,
      part(cosine - 0.5F * sine, 1.0F - f), part(-cosine - 0.5F * sine, 2.0F - f), part(sine, 3.0F - f),
  };
  Eight sum{};
  for (const Eight& weight : early) sum += weight;
  const Eight scale = 1.0F / sum;
  for (int tap = 0; tap < 6; ++tap) weights[tap] = (is_late ? early[5 - tap] : early[tap]) * scale;
}

// Where eight pixels are sampled: the first of each one's neighbours on the sheet, and the fractions of a pixel.
struct Places {
  alignas(32) std::int32_t first[kPixels];
  Eight right, down;
};

// The places of pixels x to x + 7 of a view's row.
inline Places locate(const View& v, const SheetShape& s, std::int64_t x, std::int64_t y) {
  const Eight steps = {0, 1, 2, 3, 4, 5, 6, 7};
  const double across = v.turn_real * x - v.turn_imag * y + v.shift_real;
  const double down = v.turn_imag * x + v.turn_real * y + v.shift_imag;
  const double left = std::floor(across), top = std::floor(down);
  Places places;
  if (std::abs(left) < kFar && std::abs(top) < kFar) {
    // float32 is left to tell the way from the first pixel's neighbour alone.
    const Eight right = steps * static_cast<float>(v.turn_real) + static_cast<float>(across - left);
    const Eight below = steps * static_cast<float>(v.turn_imag) + static_cast<float>(down - top);
    const Eight whole_right = _mm256_floor_ps(right), whole_below = _mm256_floor_ps(below);
    const EightInts column = __builtin_convertvector(whole_right, EightInts) + static_cast<std::int32_t>(left);
    const EightInts row = __builtin_convertvector(whole_below, EightInts) + static_cast<std::int32_t>(top);
    const EightInts inside = (column >= -1) & (column < static_cast<std::int32_t>(s.width)) & (row >= -1) &
                             (row < static_cast<std::int32_t>(s.height));
    if (_mm256_movemask_ps(same_bits<Eight>(inside)) == 0xff) {
      const EightInts first = ((row + 1) * static_cast<std::int32_t>(s.wide()) + column + 1) * kSlots;
      std::memcpy(places.first, &first, sizeof first);
      places.right = right - whole_right;
      places.down = below - whole_below;
      return places;
    }
  }
  for (int pixel = 0; pixel < kPixels; ++pixel) {  // at a border: the filter is as symmetric as the mirror
    const double column = mirrored(across + pixel * v.turn_real, static_cast<double>(s.width));
    const double row = mirrored(down + pixel * v.turn_imag, static_cast<double>(s.height));
    const double whole_column = std::floor(column), whole_row = std::floor(row);
    places.first[pixel] = static_cast<std::int32_t>(((whole_row + 1) * s.wide() + whole_column + 1) * kSlots);
    places.right[pixel] = static_cast<float>(column - whole_column);
    places.down[pixel] = static_cast<float>(row - whole_row);
  }
  return places;
}

struct Colours {
  Eight channel[kSlots];  // of eight pixels
};

template <int Taps, class T>
Colours sample(const T* sheet, std::int64_t wide, const Places& places) {
  Eight right[Taps], down[Taps];
  weigh<Taps>(places.right, right);
  weigh<Taps>(places.down, down);
  // From memory a number comes into all lanes at no cost; from another register it takes two shuffles, which would
  // be what the loop waits for. So the compiler is not to know what is there.
  asm volatile("" : : "r"(right), "r"(down) : "memory");
  __m128 pixels[kPixels];
#pragma GCC unroll 8
  for (int pixel = 0; pixel < kPixels; ++pixel) {
    const T* from = sheet + places.first[pixel];
    Eight sums[Taps / 2]{};  // of two columns each
    for (int row = 0; row < Taps; ++row, from += wide * kSlots) {
      for (int pair = 0; pair < Taps / 2; ++pair) {
        sums[pair] += all(down[row][pixel]) * load_eight(from + pair * kPixels);
      }
    }
    Eight both{};
    for (int pair = 0; pair < Taps / 2; ++pair) {
      const __m256 share = _mm256_blend_ps(all(right[2 * pair][pixel]), all(right[2 * pair + 1][pixel]), 0xf0);
      both += sums[pair] * Eight(share);
    }
    pixels[pixel] = _mm256_castps256_ps128(both) + _mm256_extractf128_ps(both, 1);
  }
  _MM_TRANSPOSE4_PS(pixels[0], pixels[1], pixels[2], pixels[3]);
  _MM_TRANSPOSE4_PS(pixels[4], pixels[5], pixels[6], pixels[7]);
  Colours colours;
  for (int slot = 0; slot < kSlots; ++slot) colours.channel[slot] = _mm256_set_m128(pixels[4 + slot], pixels[slot]);
  return colours;
}

// Writes what `colours(x, y)` are of the eight pixels from x on, channel by channel.
template <class Work>
void over_pixels(const SheetShape& s, float* to, Work colours) {
#pragma omp parallel for schedule(static)
  for (std::int64_t y = 0; y < s.height; ++y) {
    for (std::int64_t x = 0; x < s.width; x += kPixels) {
      const Colours found = colours(x, y);
      for (std::int64_t channel = 0; channel < s.channels; ++channel) {
        float* at = to + (channel * s.height + y) * s.width + x;
        if (x + kPixels <= s.width) {
          write(at, found.channel[channel], kPixels);
        } else {
          write(at, found.channel[channel], s.width - x);
        }
      }
    }
  }
}

// A view of a picture, as large as it; channel by channel.
template <int Taps, class T>
void warp(const SheetShape& s, const View& view, const T* sheet, float* to) {
  over_pixels(s, to, [&](std::int64_t x, std::int64_t y) {
    return sample<Taps>(sheet, s.wide(), locate(view, s, x, y));
  });
}

inline Eight weight_at(const Share& share, std::int64_t x, std::int64_t y) {
  const Eight steps = {0, 1, 2, 3, 4, 5, 6, 7};
  Eight inside{};  // less than nothing beyond a border
  for (std::int64_t number = 0; number < share.borders; ++number) {
    const Border& border = share.border[number];
    const Eight distance = steps * static_cast<float>(border.across) +
                           static_cast<float>(border.across * x + border.down * y + border.at_zero);
    inside = distance < inside ? distance : inside;
  }
  const Eight covered = 1.0F + inside / static_cast<float>(share.feather);
  const Eight least = all(static_cast<float>(share.least));
  return static_cast<float>(share.weight) * (covered > least ? covered : least);
}

// Views of two pictures, blended by how much each of them knows there.
template <int Taps, class T>
void blend(const SheetShape& s, const Blend& b, const T* first, const T* second, float* to) {
  over_pixels(s, to, [&](std::int64_t x, std::int64_t y) {
    const Eight before = weight_at(b.shares[0], x, y), after = weight_at(b.shares[1], x, y);
    const Eight weight = after / (before + after);
    Colours one = sample<Taps>(first, s.wide(), locate(b.views[0], s, x, y));
    const Colours other = sample<Taps>(second, s.wide(), locate(b.views[1], s, x, y));
    for (int slot = 0; slot < kSlots; ++slot) {
      one.channel[slot] += weight * (other.channel[slot] - one.channel[slot]);
    }
    return one;
  });
}

// Writes the pixels that mirrors show. Each place of the sheet shows the pixel that stands in for it; pixel `shown[n]`
// is sampled there, from `first[n]` on, at fractions of a pixel to the right and down.
template <int Taps>
void fold(const FoldShape& f, const float* picture, const std::int64_t* stand_ins, const std::int64_t* shown,
          const std::int64_t* first, const float* right, const float* down, float* sheet, float* to) {
#pragma omp parallel for schedule(static)
  for (std::int64_t place = 0; place < f.places; ++place) {
    for (int slot = 0; slot < kSlots; ++slot) {
      sheet[place * kSlots + slot] = slot < f.channels ? picture[slot * f.pixels + stand_ins[place]] : 0.0F;
    }
  }
#pragma omp parallel for schedule(static)
  for (std::int64_t start = 0; start < f.sampled; start += kPixels) {
    const std::int64_t count = f.sampled - start < kPixels ? f.sampled - start : kPixels;
    Places places{};
    for (std::int64_t pixel = 0; pixel < count; ++pixel) {
      places.first[pixel] = static_cast<std::int32_t>(first[start + pixel] * kSlots);
    }
    places.right = read<Eight>(right + start, count);
    places.down = read<Eight>(down + start, count);
    const Colours colours = sample<Taps>(sheet, f.wide, places);
    for (std::int64_t channel = 0; channel < f.channels; ++channel) {
      for (std::int64_t pixel = 0; pixel < count; ++pixel) {
        to[channel * f.pixels + shown[start + pixel]] = colours.channel[channel][pixel];
      }
    }
  }
}

}  // namespace dreamzoom
