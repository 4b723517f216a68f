// Every colour of a picture moved by several linear maps, which count by a softmax of how near it is to each.

#pragma once

#include <cstdint>

#include "lanes.hpp"

namespace dreamzoom {

constexpr int kMostMaps = 64;
constexpr int kTerms = 4;     // of a linear form: red, green, blue and one
constexpr int kChannels = 3;  // of a picture, channel by channel

struct ColourMapShape {
  std::int64_t pixels, maps;
};

// 2^x for x <= 0, its relative error some 1e-7; below -126 it is 2^-126. A power of two is put together from its bits,
// the rest is a Taylor series on -1/2 to 1/2.
inline Floats power_of_two(Floats x) {
  const Floats least = Floats{} - 126.0F;
  x = x > least ? x : least;
  const Floats shifted = x + 12582912.0F;  // 1.5 * 2^23: its last bits are the nearest whole number
  const Floats rest = x - (shifted - 12582912.0F);
  const Ints scale = (same_bits<Ints>(shifted) - 0x4b400000 + 127) << 23;
  const Floats series =
      1.0F + rest * (0.69314718F + rest * (0.24022651F + rest * (0.055504109F + rest * (0.0096181291F +
      rest * (0.0013333558F + rest * 0.00015403530F)))));
  return series * same_bits<Floats>(scale);
}

inline Floats linear_form(const float* terms, const Floats* colour) {
  return terms[0] * colour[0] + (terms[1] * colour[1] + (terms[2] * colour[2] + terms[3]));
}

// `nearness` has a linear form for each map, logarithms to base 2 of what it counts; `maps` has one for each channel.
inline void map_colours(const ColourMapShape& s, const float* nearness, const float* maps, const float* picture,
                        float* to) {
#pragma omp parallel for schedule(static)
  for (std::int64_t start = 0; start < s.pixels; start += kLanes) {
    const std::int64_t count = s.pixels - start < kLanes ? s.pixels - start : kLanes;
    Floats colour[kChannels], moved[kChannels]{}, near[kMostMaps], total{};
    for (int channel = 0; channel < kChannels; ++channel) {
      const float* from = picture + channel * s.pixels + start;
      colour[channel] = count == kLanes ? load(from, kLanes) : load(from, count);
    }
    Floats most = linear_form(nearness, colour);
    near[0] = most;
    for (std::int64_t map = 1; map < s.maps; ++map) {
      near[map] = linear_form(nearness + map * kTerms, colour);
      most = near[map] > most ? near[map] : most;
    }
    for (std::int64_t map = 0; map < s.maps; ++map) {
      const Floats share = power_of_two(near[map] - most);
      total += share;
      for (int channel = 0; channel < kChannels; ++channel) {
        moved[channel] += share * linear_form(maps + (map * kChannels + channel) * kTerms, colour);
      }
    }
    const Floats scale = 1.0F / total;
    for (int channel = 0; channel < kChannels; ++channel) {
      float* at = to + channel * s.pixels + start;
      if (count == kLanes) {
        store(at, moved[channel] * scale, kLanes);
      } else {
        store(at, moved[channel] * scale, count);
      }
    }
  }
}

}  // namespace dreamzoom
