// 1x1 convolutions of few pixels and channels.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lanes.hpp"

namespace dreamzoom {

struct PointwiseShape {
  std::int64_t pixels, inputs, outputs;  // outputs are a multiple of kLanes
  std::int64_t adds;       // whether the sum is added to what is there
  std::int64_t rectifies;  // whether a ReLU follows
};

constexpr int kPixelsAtOnce = 6;  // with two vectors of outputs for each, their sums fill the registers

// Computes outputs of Pixels pixels, Vectors * kLanes of each from `output` on, from their inputs (float32). With
// `like`, a ReLU's result, the backward pass of that ReLU follows.
template <int Pixels, int Vectors, class T>
void point_block(const PointwiseShape& p, const float* weights, const float* bias, const float* x, const T* like,
                 T* y, std::int64_t output) {
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
      if (like) sum = relu_gradient(load(like + at, kLanes), sum);
      store(y + at, sum, kLanes);
    }
  }
}

template <int Pixels, class T>
void point(const PointwiseShape& p, const float* weights, const float* bias, const float* x, const T* like, T* y) {
  std::int64_t output = 0;
  for (; output + 2 * kLanes <= p.outputs; output += 2 * kLanes) {
    point_block<Pixels, 2>(p, weights, bias, x, like, y, output);
  }
  if (output < p.outputs) point_block<Pixels, 1>(p, weights, bias, x, like, y, output);
}

template <class T>
void pointwise(const PointwiseShape& p, const float* weights, const float* bias, const T* x, const T* like, T* y) {
#pragma omp parallel
  {
    std::vector<float> block(kPixelsAtOnce * p.inputs + kLanes);
#pragma omp for schedule(static)
    for (std::int64_t first = 0; first < p.pixels; first += kPixelsAtOnce) {
      const std::int64_t pixels = std::min<std::int64_t>(kPixelsAtOnce, p.pixels - first);
      by_lanes(pixels * p.inputs, [&](std::int64_t at, auto count) {
        store(block.data() + at, load(x + first * p.inputs + at, count), count);
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

}  // namespace dreamzoom
