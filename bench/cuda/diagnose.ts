export interface Probe {
  errors: string[];
  result: { difference: number } | { error: string };
}
