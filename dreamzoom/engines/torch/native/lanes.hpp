// Several numbers at once: types as wide as a register, how they come from memory and go back, and loops over
// channels. They are GCC's vectors, for processors with AVX2 or AVX-512.

#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include <immintrin.h>

namespace dreamzoom {

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

// Reads the first `count` lanes from memory, or writes them; the others are zero. A constant count makes it one
// instruction.
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

inline Floats load(const Float32* from, std::int64_t count) { return read<Floats>(from, count); }

inline Floats load(const BFloat16* from, std::int64_t count) {
  return same_bits<Floats>(__builtin_convertvector(read<Halves>(from, count), Words) << 16);
}

inline void store(Float32* to, Floats values, std::int64_t count) { write(to, values, count); }

// Rounds half to even, as torch does; NaN stays NaN.
inline void store(BFloat16* to, Floats values, std::int64_t count) {
  const Words bits = same_bits<Words>(values);
  const Words rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  const Words quiet = (bits >> 16) | 0x40;
  write(to, __builtin_convertvector(values == values ? rounded : quiet, Halves), count);
}

// The backward pass of a ReLU; not-a-number lets the gradient through, as torch does.
inline Floats relu_gradient(Floats value, Floats diff) { return value <= 0.0F ? Floats{} : diff; }

// 1 / sqrt(x) for x > 0: an estimate, and one of Newton's steps, which doubles its digits.
inline Floats inverse_root(Floats x) {
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

// Calls `work(channel, count)` for kLanes channels at a time, then for those that are left.
template <class Work>
void by_lanes(std::int64_t channels, Work work) {
  std::int64_t channel = 0;
  for (; channel + kLanes <= channels; channel += kLanes) work(channel, std::integral_constant<int, kLanes>{});
  if (channel < channels) work(channel, channels - channel);
}

}  // namespace dreamzoom
