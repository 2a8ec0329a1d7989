// Owns how a number of seconds, minutes or characters reads in a language, plural included. The words around it are
// each language's own file.

export interface Measures {
  /** "5 minutes", rounded up and never less than one. */
  minutes(count: number): string;
  /** "40 seconds" below two minutes, then whole minutes, then whole hours; rounded up. */
  wait(seconds: number): string;
  /** "30 minutes", from an hour on "2 hours", from two days on "7 days"; rounded down. */
  life(seconds: number): string;
  /** "3 minutes ago", "now". */
  ago(seconds: number): string;
  /** "18 Nov 2026, 14:05 UTC"; a script puts the reader's own time in its place. `iso`: RFC 3339. */
  moment(iso: string): string;
  /** "1,024" or "1.024". */
  number(count: number): string;
}

export function measuresIn(locale: string): Measures {
  const unit = (name: string) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: 'long',
      maximumFractionDigits: 0,
    });
  const [second, minute, hour, day] = [unit('second'), unit('minute'), unit('hour'), unit('day')];
  const plain = new Intl.NumberFormat(locale);
  const moment = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

  return {
    minutes: (count) => minute.format(atLeastOne(count)),
    wait(seconds) {
      if (seconds < 120) return second.format(atLeastOne(seconds));
      if (seconds < 2 * 3600) return minute.format(atLeastOne(seconds / 60));
      return hour.format(atLeastOne(seconds / 3600));
    },
    life(seconds) {
      if (seconds < 3600) return minute.format(atLeastOne(Math.floor(seconds / 60)));
      if (seconds < 2 * 86_400) return hour.format(Math.floor(seconds / 3600));
      return day.format(Math.floor(seconds / 86_400));
    },
    ago(seconds) {
      if (seconds < 10) return relative.format(0, 'second');
      if (seconds < 60) return relative.format(-Math.floor(seconds), 'second');
      if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), 'minute');
      return relative.format(-Math.floor(seconds / 3600), 'hour');
    },
    moment: (iso) => `${moment.format(new Date(iso))} UTC`,
    number: (count) => plain.format(count),
  };
}

function atLeastOne(count: number): number {
  return Math.max(1, Math.ceil(count));
}
