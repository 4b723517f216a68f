"""The camera: affine motion between frames, mirrors, in-betweens.

similarity     the motions that a camera can make, exact under composition and powers
aim            where a camera looks and how it turns, where the recipe does not tell
path           the motion between two frames, and the way of a target that is found
rounds         the way round a loop, which ends where it began
resample       a picture sampled under a motion
kaleidoscope   one sector of a picture shown in all the others
approach       a picture that the camera comes to, as it looks from further off
lens           what is shown of a picture that has moved; frames between two dreamed ones
"""
