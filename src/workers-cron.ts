const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/**
 * A schedule of vercel.json as Cloudflare reads it. Both are cron in UTC, but Vercel counts the days of the week from 0 for Sunday and
 * Cloudflare from 1, so "0 5 * * 1" would move from Monday to Sunday: days are written as names, which mean one thing. (Vercel takes
 * no names: https://vercel.com/docs/cron-jobs; https://developers.cloudflare.com/workers/configuration/cron-triggers/; both from
 * memory, 2026-11-23.)
 */
export function workersCron(schedule: string): string {
  const fields = schedule.trim().split(/\s+/);
  const days = fields[4];
  if (days === undefined) return schedule;
  // What follows "/" is a step, not a day.
  const named = days.replaceAll(/(?<![\d/])\d(?!\d)/g, (day) => WEEKDAYS[Number(day) % 7] ?? day);
  return [...fields.slice(0, 4), named, ...fields.slice(5)].join(" ");
}
