/**
 * `deno task devices`: which devices there are, what each was fitted on, and its held-out errors.
 *
 * @module
 */
import type { Kind } from "neuralpower/dsl";
import { byKinds, type Device, devicesOfCard, loadDevice, shippedDevices } from "../model/device.ts";
import { fallbacks, fitName } from "../model/fallbacks.ts";
import type { HeldOut, KindFit, TargetFit } from "../model/model.ts";
import { specifications } from "../model/specifications.ts";
import { type Column, percent, textTable } from "../report/text_table.ts";
import { type Arguments, type Command, print, UsageError, userPath } from "./cli.ts";

/** The command. */
export const devicesCommand: Command = {
  name: "devices",
  takes: "[NAME|FILE…]",
  summary:
    "Lists devices: what each was fitted on and its errors on held-out configurations (forward pass; --verbose: all).",
  options: {
    format: { value: "FORMAT", help: "table or json (table by default)" },
    verbose: { help: "every pass and every model of the named devices" },
    help: { help: "print this" },
  },
  examples: ["deno task devices", "deno task devices v100 --verbose", "deno task devices --format json"],
  run,
};

/** What `devices --format json` says of a kind's forward pass. */
interface KindSummary {
  readonly rows: number;
  readonly runtime: ErrorSummary;
  readonly power: ErrorSummary | null;
  readonly energy: ErrorSummary | null;
}

type ErrorSummary = Pick<HeldOut, "mape" | "rmspe" | "medianApe" | "within10" | "coverage90">;

async function run(args: Arguments): Promise<number> {
  const format = args.choice("format", ["table", "json"]) ?? "table";
  if (args.flag("verbose") && format === "json") {
    throw new UsageError("--verbose goes with --format table; model files hold all there is");
  }
  const names = args.positional.length > 0 ? args.positional : await shippedDevices();
  const devices = (await Promise.all(names.map(named))).flat();
  if (format === "json") {
    print(JSON.stringify(devices.map((device) => ({ device: device.name, kinds: kindSummaries(device) })), null, 2));
    return 0;
  }
  if (args.flag("verbose")) {
    const { fitText } = await import("../report/fit.ts");
    for (const device of devices) print(fitText(device));
    return 0;
  }
  print(devicesText(devices) + fallbacksText(devices) + (args.positional.length > 0 ? "" : unmeasuredText(devices)));
  return 0;
}

/** A card's name lists all its devices; predictions take the first. */
async function named(name: string): Promise<readonly Device[]> {
  const devices = name.endsWith(".json") ? [] : await devicesOfCard(name.toLowerCase());
  return devices.length > 0 ? devices : [await loadDevice(name, userPath)];
}

function kindSummaries({ model }: Device): Partial<Record<Kind, KindSummary>> {
  const forward = (model?.fits ?? []).filter(({ pass, dtype }) => pass === "forward" && dtype === "float32");
  return Object.fromEntries(forward.map((fit) => [fit.kind, {
    rows: fit.rows,
    runtime: summary(defaultErrors(fit.runtime)),
    power: fit.power && summary(defaultErrors(fit.power)),
    energy: fit.energy && summary(fit.energy.heldOut),
  }]));
}

function defaultErrors(target: TargetFit): HeldOut {
  const { default: form, base, boosted, polynomials } = target;
  return form === "base" ? base!.heldOut : form === "boosted" ? boosted!.heldOut : polynomials[form].heldOut;
}

function summary({ mape, rmspe, medianApe, within10, coverage90 }: HeldOut): ErrorSummary {
  return { mape, rmspe, medianApe, within10, coverage90 };
}

const columns: readonly Column[] = [
  { header: "device" },
  { header: "kind" },
  { header: "rows", align: "right" },
  { header: "runtime MAPE", align: "right" },
  { header: "RMSPE", align: "right" },
  { header: "within 10 %", align: "right" },
  { header: "power MAPE", align: "right" },
  { header: "energy MAPE", align: "right" },
];

function devicesText(devices: readonly Device[]): string {
  const rows = devices.flatMap(({ name, model }) => {
    const fits = (model?.fits ?? []).filter(({ pass }) => pass === "forward");
    return fits.length === 0
      ? [[name, "nothing measured: analytical", "", "", "", "", "", ""]]
      : fits.map((fit) => kindRow(name, fit));
  });
  return `${textTable(columns, rows)}\n`;
}

function kindRow(name: string, fit: KindFit): string[] {
  const { rows, runtime, power, energy } = fit;
  const { mape, rmspe, within10 } = defaultErrors(runtime);
  return [
    ...[name, fitName(fit), String(rows), percent(mape), percent(rmspe), percent(within10)],
    percent(power && defaultErrors(power).mape),
    percent(energy && energy.heldOut.mape),
  ];
}

/** What predicts that which the table above has not, and which device a card's name means. */
function fallbacksText(devices: readonly Device[]): string {
  const list = (kinds: readonly string[]) => kinds.join(", ") || "–";
  const rows = devices.map((device) => {
    const { training, power, rates, specification } = fallbacks(device);
    const rest = rates.length > 0
      ? `its own rates, of ${list(rates)}`
      : specification === null
      ? "nothing: it is not predicted"
      : `the specification of ${specification}`;
    return [device.name, list(training), list(power), rest];
  });
  const headers = ["device", "training fitted of", "power fitted of", "times of all else from"];
  const text = textTable(headers.map((header) => ({ header })), rows);
  const taken = specifications.flatMap(({ name }) => {
    const [first, ...others] = devices.filter((device) => device.name.startsWith(`${name}-`)).sort(byKinds);
    return others.length === 0 ? [] : [`--device ${name} is ${first.name}, which has the most kinds measured`];
  });
  return `\n${text}\n${taken.length === 0 ? "" : `\n${taken.join("\n")}\n`}`;
}

/** Cards that have a specification and no measurements. */
function unmeasuredText(devices: readonly Device[]): string {
  const measured = new Set(devices.map(({ specification }) => specification?.name));
  const others = specifications.filter(({ name }) => !measured.has(name));
  if (others.length === 0) return "";
  return `\nAll kinds on these are predicted from specifications:\n` +
    others.map(({ name, title }) => `  ${name.padEnd(16)}${title}`).join("\n") + "\n";
}
