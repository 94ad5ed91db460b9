import { readFileSync } from "node:fs";

/** The package manager of this machine, by os-release(5). */
export type Distribution = {
  readonly name: string;
  readonly family: "debian" | "fedora" | "suse" | "arch" | "alpine" | "other";
};

export function readDistribution(): Distribution {
  for (const file of ["/etc/os-release", "/usr/lib/os-release"]) {
    try {
      return distributionOf(readFileSync(file, "utf8"));
    } catch {
      // The other one, then.
    }
  }
  return { name: "Linux", family: "other" };
}

/** Reads an os-release text. ID_LIKE names what a derivative derives from. */
export function distributionOf(text: string): Distribution {
  const field = (name: string) => new RegExp(`^${name}=["']?([^"'\\n]*)`, "m").exec(text)?.[1] ?? "";
  const ids = `${field("ID")} ${field("ID_LIKE")}`.split(/\s+/);
  const families = {
    debian: ["debian", "ubuntu"],
    fedora: ["fedora", "rhel", "centos"],
    suse: ["suse", "opensuse"],
    arch: ["arch"],
    alpine: ["alpine"],
  } as const;
  const family = (Object.keys(families) as (keyof typeof families)[]).find((one) =>
    families[one].some((id) => ids.includes(id)),
  );
  return { name: field("PRETTY_NAME") || field("NAME") || "Linux", family: family ?? "other" };
}

/** What a package is called where it is not called the same everywhere. */
export type PackageNames = { readonly debian: string } & Partial<Record<Distribution["family"], string>>;

/** The command that installs packages here. */
export function installCommand({ family }: Distribution, names: PackageNames): string {
  const packages = names[family] ?? names.debian;
  switch (family) {
    case "debian":
      return `sudo apt-get install -y ${packages}`;
    case "fedora":
      return `sudo dnf install -y ${packages}`;
    case "suse":
      return `sudo zypper install -y ${packages}`;
    case "arch":
      return `sudo pacman -S --noconfirm ${packages}`;
    case "alpine":
      return `sudo apk add ${packages}`;
    case "other":
      return `Install the packages: ${packages}`;
    default:
      return family satisfies never;
  }
}
