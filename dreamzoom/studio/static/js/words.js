// Figures as people read them.

/** "3:25", "1:02:03". */
export function duration(seconds) {
  const whole = Math.round(seconds);
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** How far a clip or a film is: "120 of 300 frames, 3:25 left". */
export function progress(facts) {
  if (facts.frames_total === undefined) return "";
  const left = facts.state === "running" && facts.eta_seconds ? `, ${duration(facts.eta_seconds)} left` : "";
  return `${facts.frames_done} of ${facts.frames_total} frames${left}`;
}
