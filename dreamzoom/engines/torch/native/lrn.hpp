// Local response normalisation across channels, to the power of 3/4, and its backward pass.

#pragma once

#include <cstdint>

#include "lanes.hpp"

namespace dreamzoom {

struct LRNShape {
  std::int64_t pixels, channels, size;
  std::int64_t after_relu;  // whether x is a ReLU's result, and the backward pass goes on through that ReLU
  float share, k;           // alpha / size, and k
};

constexpr int kMostChannels = 4096, kMostReach = 64;

// One pixel's values, with zeros on either side for windows that reach beyond the ends.
struct Line {
  float values[kMostChannels + 2 * kMostReach + kLanes] = {};

  Floats window_sum(std::int64_t channel, std::int64_t size) const {
    Floats sum{};
    for (std::int64_t shift = 0; shift < size; ++shift) sum += load(values + channel + shift, kLanes);
    return sum;
  }
};

template <class T>
void fill_with_squares(Line& line, const T* x, const LRNShape& o) {
  by_lanes(o.channels, [&](std::int64_t channel, auto count) {
    const Floats value = load(x + channel, count);
    store(line.values + o.size / 2 + channel, value * value, count);
  });
}

// s ^ -3/4 from r = s ^ -1/2, as r * r / r ^ 1/2.
inline Floats factor(Floats r) { return r * r * inverse_root(r); }

template <class T>
void lrn(const LRNShape& o, const T* x, T* y) {
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
void lrn_backward(const LRNShape& o, const T* x, const T* dy, T* dx) {
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
        store(dx + at + channel, o.after_relu ? relu_gradient(value, slope) : slope, count);
      });
    }
  }
}

}  // namespace dreamzoom
