"""A clip that has stopped going anywhere is found out, and pushed.

detect     in which way frames are stuck, and how strong a nudge is
watch      reads a take's stored frames, and says how the next dream is nudged
nudge      what each kind of nudge does to a dream, its picture and the camera
"""
