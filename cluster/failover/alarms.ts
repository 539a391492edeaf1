import type { Picture } from './picture.ts';

interface Seen {
  readonly picture: Picture;
}

/** Alarms that any member tells of: etcd raises them for all. */
export function alarmsOf({ picture }: Seen): readonly string[] {
  return [...new Set(Object.values(picture.etcd).flatMap((view) => view?.alarms ?? []))].toSorted();
}

export function alarmWords(scene: Seen): string {
  const alarms = alarmsOf(scene);
  const means = alarms.includes('NOSPACE')
    ? 'its database is full, and no write is taken'
    : 'its members differ';
  return `etcd has raised the alarm ${alarms.join(' and ')}: ${means}`;
}
