// Max pooling, and its backward pass.

#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "lanes.hpp"

namespace dreamzoom {

struct PoolingWindows {
  std::int64_t height, width, channels, out_height, out_width;
  std::int64_t kernel_height, kernel_width, stride_height, stride_width;
  std::int64_t above, left;  // padding
  std::int64_t rectified;    // whether a ReLU follows
};

constexpr std::int16_t kNowhere = 255;  // the index in a rectified window without a value above zero

// Numbers as pooling compares them, `lanes` at once; `Indices` has as many lanes.
template <class T>
struct Ordered;

template <>
struct Ordered<Float32> {
  static constexpr int lanes = kLanes;
  using Values = Floats;
  using Indices = Ints;
  using Bytes = dreamzoom::Bytes;

  static Values least() { return Values{} - std::numeric_limits<float>::infinity(); }
  static Values zero() { return Values{}; }
  static Indices wins(Values value, Values greatest) { return (value > greatest) | (value != value); }
};

// bfloat16 as integers of the same order: twice as many, and nothing to convert. The bits of a number below zero
// are inverted. Then the least is moved to the end of the range, and not-a-number of either sign comes out on top,
// because integers wrap round here (-fwrapv). -0 is below 0 in this order.
template <>
struct Ordered<BFloat16> {
  static constexpr int lanes = 2 * kLanes;
  using Values = std::int16_t __attribute__((vector_size(2 * lanes)));
  using Indices = Values;
  using Bytes = std::uint8_t __attribute__((vector_size(lanes)));
  static constexpr std::int16_t shift = 0x7f;

  static Values least() { return Values{} + std::numeric_limits<std::int16_t>::min(); }
  static Values zero() { return Values{} - shift; }
  static Indices wins(Values value, Values greatest) { return value > greatest; }
};

inline Floats load_ordered(const Float32* from, std::int64_t count) { return read<Floats>(from, count); }

inline Ordered<BFloat16>::Values load_ordered(const BFloat16* from, std::int64_t count) {
  const auto bits = read<Ordered<BFloat16>::Values>(from, count);
  return (bits ^ ((bits >> 15) & 0x7fff)) - Ordered<BFloat16>::shift;
}

inline void store_ordered(Float32* to, Floats values, std::int64_t count) { write(to, values, count); }

inline void store_ordered(BFloat16* to, Ordered<BFloat16>::Values values, std::int64_t count) {
  const auto bits = values + Ordered<BFloat16>::shift;
  write(to, bits ^ ((bits >> 15) & 0x7fff), count);
}

// Finds the greatest of one window and its index in scan order, for Groups groups of lanes or `count` channels of
// one. Of equals the first wins; not-a-number beats all. In a rectified window zero comes first, from nowhere.
template <int Groups, class T, class Count>
void max_pool_window(const PoolingWindows& w, const T* x, T* y, std::uint8_t* index, std::int64_t top,
                     std::int64_t left, Count count) {
  using Order = Ordered<T>;
  using Values = typename Order::Values;
  using Indices = typename Order::Indices;
  const std::int64_t first_row = std::max<std::int64_t>(top, 0), first_column = std::max<std::int64_t>(left, 0);
  const std::int64_t last_row = std::min(top + w.kernel_height, w.height);
  const std::int64_t last_column = std::min(left + w.kernel_width, w.width);
  const auto index_of = [&](std::int64_t row, std::int64_t column) {
    return static_cast<std::int16_t>((row - top) * w.kernel_width + column - left);
  };
  const std::int16_t start = w.rectified ? kNowhere : index_of(first_row, first_column);
  Values greatest[Groups];
  Indices at[Groups];
  for (int group = 0; group < Groups; ++group) {
    greatest[group] = w.rectified ? Order::zero() : Order::least();
    at[group] = Indices{} + start;
  }
  for (std::int64_t row = first_row; row < last_row; ++row) {
    for (std::int64_t column = first_column; column < last_column; ++column) {
      const T* from = x + (row * w.width + column) * w.channels;
      const Indices here = Indices{} + index_of(row, column);
      for (int group = 0; group < Groups; ++group) {
        const Values value = load_ordered(from + group * Order::lanes, count);
        const Indices wins = Order::wins(value, greatest[group]);
        greatest[group] = wins ? value : greatest[group];
        at[group] = wins ? here : at[group];
      }
    }
  }
  for (int group = 0; group < Groups; ++group) {
    store_ordered(y + group * Order::lanes, greatest[group], count);
    write(index + group * Order::lanes, __builtin_convertvector(at[group], typename Order::Bytes), count);
  }
}

// Adds `diff` to `sum` where an index is the one that is meant.
inline Floats add_where(Floats sum, Floats diff, Bytes indices, std::uint8_t meant) {
#if defined(__AVX512F__)
  const auto all = _mm_set1_epi8(static_cast<char>(meant));
  return _mm512_mask_add_ps(sum, _mm_cmpeq_epi8_mask(same_bits<__m128i>(indices), all), sum, diff);
#else
  const auto is_meant = __builtin_convertvector(same_bits<Signs>(indices == meant), Ints);
  return sum + same_bits<Floats>(same_bits<Ints>(diff) & is_meant);
#endif
}

// Computes the gradient at one input pixel: the sum of those at the windows that took it.
template <int Groups, class T, class Count>
void max_pool_backward_pixel(const PoolingWindows& w, const T* dy, const std::uint8_t* index, T* dx,
                             std::int64_t row, std::int64_t column, Count count) {
  const auto first = [](std::int64_t at, std::int64_t kernel, std::int64_t stride) {
    return at < kernel ? 0 : (at - kernel) / stride + 1;
  };
  const std::int64_t first_row = first(row, w.kernel_height, w.stride_height);
  const std::int64_t first_column = first(column, w.kernel_width, w.stride_width);
  const std::int64_t last_row = std::min(row / w.stride_height + 1, w.out_height);
  const std::int64_t last_column = std::min(column / w.stride_width + 1, w.out_width);
  Floats sum[Groups] = {};
  for (std::int64_t out_row = first_row; out_row < last_row; ++out_row) {
    for (std::int64_t out_column = first_column; out_column < last_column; ++out_column) {
      const std::int64_t at = (out_row * w.out_width + out_column) * w.channels;
      const auto here = static_cast<std::uint8_t>((row - out_row * w.stride_height) * w.kernel_width + column -
                                                  out_column * w.stride_width);
      for (int group = 0; group < Groups; ++group) {
        const Floats diff = load(dy + at + group * kLanes, count);
        sum[group] = add_where(sum[group], diff, read<Bytes>(index + at + group * kLanes, count), here);
      }
    }
  }
  for (int group = 0; group < Groups; ++group) store(dx + group * kLanes, sum[group], count);
}

template <class T>
void max_pool(const PoolingWindows& w, const T* x, T* y, std::uint8_t* index) {
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < w.out_height; ++row) {
    for (std::int64_t column = 0; column < w.out_width; ++column) {
      const std::int64_t at = (row * w.out_width + column) * w.channels;
      over_channels<Ordered<T>::lanes>(w.channels, [&](auto groups, std::int64_t channel, auto count) {
        max_pool_window<groups>(w, x + channel, y + at + channel, index + at + channel,
                                row * w.stride_height - w.above, column * w.stride_width - w.left, count);
      });
    }
  }
}

template <class T>
void max_pool_backward(const PoolingWindows& w, const T* dy, const std::uint8_t* index, T* dx) {
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < w.height; ++row) {
    for (std::int64_t column = 0; column < w.width; ++column) {
      T* to = dx + (row * w.width + column) * w.channels;
      over_channels<kLanes>(w.channels, [&](auto groups, std::int64_t channel, auto count) {
        max_pool_backward_pixel<groups>(w, dy + channel, index + channel, to + channel, row + w.above,
                                        column + w.left, count);
      });
    }
  }
}

}  // namespace dreamzoom
