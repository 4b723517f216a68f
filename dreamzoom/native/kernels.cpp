// What torch does slowly for one picture: layers that wait for memory, done in one pass over it (max pooling,
// local response normalisation, the way back through a ReLU, the gradient at the picture), and 1x1 convolutions
// that take less time than getting under way.
//
// Tensors are channels last: value c of pixel (y, x) is at (y * width + x) * channels + c; only pictures are
// written channel by channel. Numbers are float32, or bfloat16 as the upper half of one; all arithmetic is in
// float32. Rows are shared out among
// OpenMP's threads, and none writes where another does, so the result does not depend on how many there are.
// The functions at the end are what library.py calls; it has checked the arguments.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include <immintrin.h>

namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;  // values computed at once: as many as a register holds
#else
constexpr int kLanes = 8;
#endif
constexpr int kBlock = 4;  // groups of lanes worked on at once, where there are so many channels

using Floats = float __attribute__((vector_size(4 * kLanes)));
using Ints = std::int32_t __attribute__((vector_size(4 * kLanes)));
using Words = std::uint32_t __attribute__((vector_size(4 * kLanes)));
using Halves = std::uint16_t __attribute__((vector_size(2 * kLanes)));
using Bytes = std::uint8_t __attribute__((vector_size(kLanes)));
using Signs = std::int8_t __attribute__((vector_size(kLanes)));

using Float32 = float;
using BFloat16 = std::uint16_t;

template <class To, class From>
To same_bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

// The first `count` lanes from memory, or to it; the others are zero. A constant count is one instruction.
template <class Vector, class T>
Vector read(const T* from, std::int64_t count) {
  Vector vector{};
  std::memcpy(&vector, from, count * sizeof(T));
  return vector;
}

template <class Vector, class T>
void write(T* to, Vector vector, std::int64_t count) {
  std::memcpy(to, &vector, count * sizeof(T));
}

Floats load(const Float32* from, std::int64_t count) { return read<Floats>(from, count); }

Floats load(const BFloat16* from, std::int64_t count) {
  return same_bits<Floats>(__builtin_convertvector(read<Halves>(from, count), Words) << 16);
}

void store(Float32* to, Floats values, std::int64_t count) { write(to, values, count); }

// Rounds half to even, as torch does; NaN stays NaN.
void store(BFloat16* to, Floats values, std::int64_t count) {
  const Words bits = same_bits<Words>(values);
  const Words rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  const Words quiet = (bits >> 16) | 0x40;
  write(to, __builtin_convertvector(values == values ? rounded : quiet, Halves), count);
}

// The way back through a ReLU; not-a-number lets pass, as torch does.
Floats through(Floats value, Floats diff) { return value <= 0.0F ? Floats{} : diff; }

// 1 / sqrt(x) for x > 0: an estimate, and one of Newton's steps, which doubles its digits.
Floats inverse_root(Floats x) {
#if defined(__AVX512F__)
  const Floats estimate = _mm512_rsqrt14_ps(x);
#else
  const Floats estimate = _mm256_rsqrt_ps(x);
#endif
  return estimate * (1.5F - 0.5F * x * estimate * estimate);
}

// Calls `work` for all channels, several groups of lanes at once as long as there are enough.
template <int Lanes, class Work>
void over_channels(std::int64_t channels, Work work) {
  std::int64_t channel = 0;
  for (; channel + kBlock * Lanes <= channels; channel += kBlock * Lanes) {
    work(std::integral_constant<int, kBlock>{}, channel, std::integral_constant<int, Lanes>{});
  }
  for (; channel + Lanes <= channels; channel += Lanes) {
    work(std::integral_constant<int, 1>{}, channel, std::integral_constant<int, Lanes>{});
  }
  if (channel < channels) work(std::integral_constant<int, 1>{}, channel, channels - channel);
}

// Calls `work(channel, count)` for kLanes channels at a time, then for what is left of them.
template <class Work>
void by_lanes(std::int64_t channels, Work work) {
  std::int64_t channel = 0;
  for (; channel + kLanes <= channels; channel += kLanes) work(channel, std::integral_constant<int, kLanes>{});
  if (channel < channels) work(channel, channels - channel);
}

// ---- max pooling -----------------------------------------------------------------------------------

struct Windows {
  std::int64_t height, width, channels, out_height, out_width;
  std::int64_t kernel_height, kernel_width, stride_height, stride_width;
  std::int64_t above, left;  // padding
  std::int64_t rectified;    // whether there is a ReLU behind the pool
};

constexpr std::int16_t kNowhere = 255;  // the place of a rectified window without a value above zero

// Numbers as pooling compares them, so many at once; `Places` has as many lanes.
template <class T>
struct Ordered;

template <>
struct Ordered<Float32> {
  static constexpr int lanes = kLanes;
  using Values = Floats;
  using Places = Ints;
  using Bytes = ::Bytes;

  static Values least() { return Values{} - std::numeric_limits<float>::infinity(); }
  static Values zero() { return Values{}; }
  static Places wins(Values value, Values greatest) { return (value > greatest) | (value != value); }
};

// bfloat16 as integers of the same order: twice as many, and nothing to convert. The bits of a number below zero
// are turned round; then the least is moved to the end of the range, past which not-a-number of either sign
// comes out on top: integers wrap round here (-fwrapv). (-0 is below 0 in this order.)
template <>
struct Ordered<BFloat16> {
  static constexpr int lanes = 2 * kLanes;
  using Values = std::int16_t __attribute__((vector_size(2 * lanes)));
  using Places = Values;
  using Bytes = std::uint8_t __attribute__((vector_size(lanes)));
  static constexpr std::int16_t shift = 0x7f;

  static Values least() { return Values{} + std::numeric_limits<std::int16_t>::min(); }
  static Values zero() { return Values{} - shift; }
  static Places wins(Values value, Values greatest) { return value > greatest; }
};

Floats load_ordered(const Float32* from, std::int64_t count) { return read<Floats>(from, count); }

Ordered<BFloat16>::Values load_ordered(const BFloat16* from, std::int64_t count) {
  const auto bits = read<Ordered<BFloat16>::Values>(from, count);
  return (bits ^ ((bits >> 15) & 0x7fff)) - Ordered<BFloat16>::shift;
}

void store_ordered(Float32* to, Floats values, std::int64_t count) { write(to, values, count); }

void store_ordered(BFloat16* to, Ordered<BFloat16>::Values values, std::int64_t count) {
  const auto bits = values + Ordered<BFloat16>::shift;
  write(to, bits ^ ((bits >> 15) & 0x7fff), count);
}

// The greatest of one window, for Groups groups of lanes or the `count` channels of one; and where it is, as a
// place in scan order within the window. Of equals the first wins; not-a-number beats all. Rectified, zero is
// there before all of them, and nowhere.
template <int Groups, class T, class Count>
void pool_window(const Windows& w, const T* x, T* y, std::uint8_t* place, std::int64_t top, std::int64_t left,
                 Count count) {
  using Order = Ordered<T>;
  using Values = typename Order::Values;
  using Places = typename Order::Places;
  const std::int64_t first_row = std::max<std::int64_t>(top, 0), first_column = std::max<std::int64_t>(left, 0);
  const std::int64_t last_row = std::min(top + w.kernel_height, w.height);
  const std::int64_t last_column = std::min(left + w.kernel_width, w.width);
  const auto place_at = [&](std::int64_t row, std::int64_t column) {
    return static_cast<std::int16_t>((row - top) * w.kernel_width + column - left);
  };
  const std::int16_t start = w.rectified ? kNowhere : place_at(first_row, first_column);
  Values greatest[Groups];
  Places at[Groups];
  for (int group = 0; group < Groups; ++group) {
    greatest[group] = w.rectified ? Order::zero() : Order::least();
    at[group] = Places{} + start;
  }
  for (std::int64_t row = first_row; row < last_row; ++row) {
    for (std::int64_t column = first_column; column < last_column; ++column) {
      const T* from = x + (row * w.width + column) * w.channels;
      const Places here = Places{} + place_at(row, column);
      for (int group = 0; group < Groups; ++group) {
        const Values value = load_ordered(from + group * Order::lanes, count);
        const Places wins = Order::wins(value, greatest[group]);
        greatest[group] = wins ? value : greatest[group];
        at[group] = wins ? here : at[group];
      }
    }
  }
  for (int group = 0; group < Groups; ++group) {
    store_ordered(y + group * Order::lanes, greatest[group], count);
    write(place + group * Order::lanes, __builtin_convertvector(at[group], typename Order::Bytes), count);
  }
}

// `sum`, and `got` where a place is the one that is meant
Floats add_where(Floats sum, Floats got, Bytes places, std::uint8_t meant) {
#if defined(__AVX512F__)
  const auto all = _mm_set1_epi8(static_cast<char>(meant));
  return _mm512_mask_add_ps(sum, _mm_cmpeq_epi8_mask(same_bits<__m128i>(places), all), sum, got);
#else
  const auto is_meant = __builtin_convertvector(same_bits<Signs>(places == meant), Ints);
  return sum + same_bits<Floats>(same_bits<Ints>(got) & is_meant);
#endif
}

// The gradient at one input pixel: what the windows that see it, and took it, have got.
template <int Groups, class T, class Count>
void unpool_pixel(const Windows& w, const T* dy, const std::uint8_t* place, T* dx, std::int64_t row,
                  std::int64_t column, Count count) {
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
        const Floats got = load(dy + at + group * kLanes, count);
        sum[group] = add_where(sum[group], got, read<Bytes>(place + at + group * kLanes, count), here);
      }
    }
  }
  for (int group = 0; group < Groups; ++group) store(dx + group * kLanes, sum[group], count);
}

template <class T>
void pool(const Windows& w, const T* x, T* y, std::uint8_t* place) {
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < w.out_height; ++row) {
    for (std::int64_t column = 0; column < w.out_width; ++column) {
      const std::int64_t at = (row * w.out_width + column) * w.channels;
      over_channels<Ordered<T>::lanes>(w.channels, [&](auto groups, std::int64_t channel, auto count) {
        pool_window<groups>(w, x + channel, y + at + channel, place + at + channel,
                            row * w.stride_height - w.above, column * w.stride_width - w.left, count);
      });
    }
  }
}

template <class T>
void unpool(const Windows& w, const T* dy, const std::uint8_t* place, T* dx) {
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < w.height; ++row) {
    for (std::int64_t column = 0; column < w.width; ++column) {
      T* to = dx + (row * w.width + column) * w.channels;
      over_channels<kLanes>(w.channels, [&](auto groups, std::int64_t channel, auto count) {
        unpool_pixel<groups>(w, dy + channel, place + channel, to + channel, row + w.above, column + w.left,
                             count);
      });
    }
  }
}

// ---- local response normalisation across channels --------------------------------------------------

struct Response {
  std::int64_t pixels, channels, size;
  std::int64_t gates;  // whether x is a ReLU's result, and the way back goes on to before the ReLU
  float share, k;      // alpha / size, and k
};

constexpr int kMostChannels = 4096, kMostReach = 64;

// A pixel's values, with zeros on either side for windows that reach over the ends.
struct Line {
  float values[kMostChannels + 2 * kMostReach + kLanes] = {};

  Floats window_sum(std::int64_t channel, std::int64_t size) const {
    Floats sum{};
    for (std::int64_t shift = 0; shift < size; ++shift) sum += load(values + channel + shift, kLanes);
    return sum;
  }
};

template <class T>
void fill_with_squares(Line& line, const T* x, const Response& o) {
  by_lanes(o.channels, [&](std::int64_t channel, auto count) {
    const Floats value = load(x + channel, count);
    store(line.values + o.size / 2 + channel, value * value, count);
  });
}

// s ^ -3/4 from r = s ^ -1/2, as r * r / r ^ 1/2
Floats factor(Floats r) { return r * r * inverse_root(r); }

template <class T>
void respond(const Response& o, const T* x, T* y) {
#pragma omp parallel
  {
    Line squares;
#pragma omp for schedule(static)
    for (std::int64_t pixel = 0; pixel < o.pixels; ++pixel) {
      const T* from = x + pixel * o.channels;
      T* to = y + pixel * o.channels;
      fill_with_squares(squares, from, o);
      by_lanes(o.channels, [&](std::int64_t channel, auto count) {
        const Floats root = inverse_root(o.k + o.share * squares.window_sum(channel, o.size));
        store(to + channel, load(from + channel, count) * factor(root), count);
      });
    }
  }
}

// dx = dy * f - 2 * beta * share * x * sum(dy * x * f / s), where f is s ^ -beta: the window is symmetric.
template <class T>
void respond_back(const Response& o, const T* x, const T* dy, T* dx) {
#pragma omp parallel
  {
    Line squares, slopes, factors;
#pragma omp for schedule(static)
    for (std::int64_t pixel = 0; pixel < o.pixels; ++pixel) {
      const std::int64_t at = pixel * o.channels;
      fill_with_squares(squares, x + at, o);
      by_lanes(o.channels, [&](std::int64_t channel, auto count) {
        const Floats root = inverse_root(o.k + o.share * squares.window_sum(channel, o.size));
        const Floats f = factor(root);
        const Floats slope = load(dy + at + channel, count) * load(x + at + channel, count) * f * root * root;
        store(factors.values + channel, f, kLanes);
        store(slopes.values + o.size / 2 + channel, slope, count);
      });
      by_lanes(o.channels, [&](std::int64_t channel, auto count) {
        const Floats value = load(x + at + channel, count);
        const Floats direct = load(dy + at + channel, count) * load(factors.values + channel, kLanes);
        const Floats slope = direct - 1.5F * o.share * value * slopes.window_sum(channel, o.size);
        store(dx + at + channel, o.gates ? through(value, slope) : slope, count);
      });
    }
  }
}

// ---- the way back through a ReLU -------------------------------------------------------------------

constexpr int kMostParts = 8;

struct Gate {
  std::int64_t pixels, channels;  // of the ReLU's result
  std::int64_t parts;             // how many gradients there are, side by side along the channels
  std::int64_t widths[kMostParts], strides[kMostParts];  // of each: its channels, and from pixel to pixel
  const void* diffs[kMostParts];
};

Floats through(const Float32* value, const Float32* diff, std::int64_t count) {
  return through(load(value, count), load(diff, count));
}

// As an integer bfloat16 has its sign in the highest bit; above minus infinity (0xff80) is not-a-number.
Halves through(const BFloat16* value, const BFloat16* diff, std::int64_t count) {
  const auto bits = read<Halves>(value, count);
  const auto stops = (bits == 0) | ((bits >= 0x8000) & (bits <= 0xff80));
  return ~same_bits<Halves>(stops) & read<Halves>(diff, count);
}

// dx = 0 where the result is zero, else dy
template <class T>
void gate(const Gate& g, const T* value, T* dx) {
#pragma omp parallel for schedule(static)
  for (std::int64_t pixel = 0; pixel < g.pixels; ++pixel) {
    std::int64_t at = pixel * g.channels;
    for (std::int64_t part = 0; part < g.parts; ++part) {
      const T* dy = static_cast<const T*>(g.diffs[part]) + pixel * g.strides[part];
      by_lanes(g.widths[part], [&](std::int64_t channel, auto count) {
        write(dx + at + channel, through(value + at + channel, dy + channel, count), count);
      });
      at += g.widths[part];
    }
  }
}

// ---- narrow 1x1 convolutions -----------------------------------------------------------------------

struct Pointwise {
  std::int64_t pixels, inputs, outputs;  // outputs are a multiple of kLanes
  std::int64_t adds;       // whether the sum is added to what is there
  std::int64_t rectifies;  // whether there is a ReLU behind it
};

constexpr int kPixelsAtOnce = 6;  // with two vectors of outputs for each, their sums fill the registers

// Outputs of Pixels pixels, Vectors * kLanes of each from `output` on, from their inputs (float32). With `like`,
// a ReLU's result, they go back through that ReLU.
template <int Pixels, int Vectors, class T>
void point_block(const Pointwise& p, const float* weights, const float* bias, const float* x, const T* like, T* y,
                 std::int64_t output) {
  Floats sums[Pixels][Vectors];
  for (int pixel = 0; pixel < Pixels; ++pixel) {
    for (int vector = 0; vector < Vectors; ++vector) {
      const std::int64_t at = output + vector * kLanes;
      sums[pixel][vector] = bias ? load(bias + at, kLanes) : Floats{};
      if (p.adds) sums[pixel][vector] += load(y + pixel * p.outputs + at, kLanes);
    }
  }
  for (std::int64_t input = 0; input < p.inputs; ++input) {
    Floats row[Vectors];
    for (int vector = 0; vector < Vectors; ++vector) {
      row[vector] = load(weights + input * p.outputs + output + vector * kLanes, kLanes);
    }
    for (int pixel = 0; pixel < Pixels; ++pixel) {
      const float value = x[pixel * p.inputs + input];
      for (int vector = 0; vector < Vectors; ++vector) sums[pixel][vector] += value * row[vector];
    }
  }
  for (int pixel = 0; pixel < Pixels; ++pixel) {
    for (int vector = 0; vector < Vectors; ++vector) {
      const std::int64_t at = pixel * p.outputs + output + vector * kLanes;
      Floats sum = sums[pixel][vector];
      if (p.rectifies) sum = sum < 0.0F ? Floats{} : sum;  // not-a-number stays
      if (like) sum = through(load(like + at, kLanes), sum);
      store(y + at, sum, kLanes);
    }
  }
}

template <int Pixels, class T>
void point(const Pointwise& p, const float* weights, const float* bias, const float* x, const T* like, T* y) {
  std::int64_t output = 0;
  for (; output + 2 * kLanes <= p.outputs; output += 2 * kLanes) {
    point_block<Pixels, 2>(p, weights, bias, x, like, y, output);
  }
  if (output < p.outputs) point_block<Pixels, 1>(p, weights, bias, x, like, y, output);
}

template <class T>
void pointwise(const Pointwise& p, const float* weights, const float* bias, const T* x, const T* like, T* y) {
#pragma omp parallel
  {
    std::vector<float> block(kPixelsAtOnce * p.inputs + kLanes);
#pragma omp for schedule(static)
    for (std::int64_t first = 0; first < p.pixels; first += kPixelsAtOnce) {
      const std::int64_t pixels = std::min<std::int64_t>(kPixelsAtOnce, p.pixels - first);
      by_lanes(pixels * p.inputs, [&](std::int64_t place, auto count) {
        store(block.data() + place, load(x + first * p.inputs + place, count), count);
      });
      const auto from = [&](T const* of, std::int64_t pixel) { return of ? of + pixel * p.outputs : of; };
      if (pixels == kPixelsAtOnce) {
        point<kPixelsAtOnce>(p, weights, bias, block.data(), from(like, first), y + first * p.outputs);
        continue;
      }
      for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
        point<1>(p, weights, bias, block.data() + pixel * p.inputs, from(like, first + pixel),
                 y + (first + pixel) * p.outputs);
      }
    }
  }
}

// ---- phases to pixels ------------------------------------------------------------------------------

struct Phases {
  std::int64_t columns, channels;  // of the phases: theirs are channels * stride_height * stride_width
  std::int64_t stride_height, stride_width;
  std::int64_t height, width, above, left;  // of the pixels, and how many of them are cut off
};

// Pixel (y, x) of channel c is phase ((y + above) % stride, (x + left) % stride) of place (y + above) / stride,
// and so on. The pixels are written channel by channel.
template <class T>
void to_pixels(const Phases& p, const T* phases, T* pixels) {
  const std::int64_t depth = p.channels * p.stride_height * p.stride_width;
#pragma omp parallel for schedule(static)
  for (std::int64_t y = 0; y < p.height; ++y) {
    const T* row = phases + (y + p.above) / p.stride_height * p.columns * depth +
                   (y + p.above) % p.stride_height * p.stride_width;
    for (std::int64_t channel = 0; channel < p.channels; ++channel) {
      const T* from = row + channel * p.stride_height * p.stride_width;
      T* to = pixels + (channel * p.height + y) * p.width;
      for (std::int64_t phase = 0; phase < p.stride_width; ++phase) {
        const std::int64_t first = (p.left - phase + p.stride_width - 1) / p.stride_width;
        std::int64_t x = first * p.stride_width + phase - p.left;
        for (const T* place = from + first * depth + phase; x < p.width; x += p.stride_width, place += depth) {
          to[x] = *place;
        }
      }
    }
  }
}

// ---- taps to pixels --------------------------------------------------------------------------------

struct Taps {
  std::int64_t rows, columns, channels;  // of the places that a layer's windows are at, and of the pixels
  std::int64_t kernel_height, kernel_width, stride_height, stride_width;
  std::int64_t height, width, above, left;  // of the pixels, and how many of them are cut off
};

// What a place has for pixel (ky, kx) of its window is tap (ky, kx, channel) of it; a pixel gets the sum of what
// all places have for it. The pixels are written channel by channel.
template <int Reach>
void fold_lines(const Taps& t, const Float32* taps, Float32* pixels) {
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
        Float32* to = pixels + (channel * t.height + y) * t.width;
        const float* from = line.data() + t.left * t.channels + channel;
        for (std::int64_t x = 0; x < t.width; ++x) to[x] = from[x * t.channels];
      }
    }
  }
}

void fold(const Taps& t, const Float32* taps, Float32* pixels) {
  // The usual kernel of 3x3 on 3 channels: the compiler does better where it knows how many.
  if (t.kernel_width * t.channels == 9) {
    fold_lines<9>(t, taps, pixels);
  } else {
    fold_lines<0>(t, taps, pixels);
  }
}

}  // namespace

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
