"""See `check` beside this."""
import json, pathlib, re, subprocess, sys, tempfile

import yaml

from chart import rendered

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/helm/mcp-registry"
MANIFESTS = ROOT / "deploy/kubernetes/mcp-registry.yaml"
PORTS = {"public-api": 8000, "gateway": 8001}
# Variables of others: of App Service and of the backup's unit.
FOREIGN = {"BACKUP_FOLDER"}
wrong = []


def check(holds, what):
    if not holds:
        wrong.append(what)


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def settings():
    """Every name that a setting has: a test of the program compares that page with its code."""
    names = set()
    for row in read("docs/SETTINGS.md").splitlines():
        if row.startswith("| `"):
            names |= {name for cell in row.split("|")[1:3] for name in re.findall(r"`([A-Z_]+)`", cell)}
    check(len(names) > 80, "docs/SETTINGS.md has no table of settings any more")
    return names


SETTINGS = settings()


def is_setting(name, where):
    check(name in SETTINGS or name in FOREIGN, f"{where}: {name} is no setting of the program")


def paths_of(document):
    return json.loads(read(f"docs/openapi/{document}.json"))["paths"]


def manifests():
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    scope = {"Values": values, "Release": {"Name": "mcp-registry"}}
    parts = ["# Made from deploy/helm/mcp-registry by tools/deploy/check --write: change that.\n"]
    for template in sorted((CHART / "templates").glob("*.yaml")):
        parts.append(rendered(template.read_text(encoding="utf-8"), scope))
    return "---\n".join(parts)


def check_container(container, where):
    security = container["securityContext"]
    check(security["readOnlyRootFilesystem"] and security["runAsNonRoot"]
          and not security["allowPrivilegeEscalation"]
          and security["capabilities"]["drop"] == ["ALL"], f"{where}: its rights are not the least")
    check({"requests", "limits"} <= container["resources"].keys(), f"{where}: no bounds")
    program = container["command"][0].removeprefix("/usr/local/bin/")
    check(program in {"mcp-registry", "public-api", "mcp-gateway"}, f"{where}: unknown {program}")
    for entry in container["env"]:
        is_setting(entry["name"], where)
        check(not re.search("PASSWORD|SECRET$|ENCRYPTION_KEY|DATABASE_URL|REDIS_URL", entry["name"])
              or "secretKeyRef" in entry.get("valueFrom", {}), f"{where}: {entry['name']} in clear")


def check_pod(spec, where):
    check(spec["automountServiceAccountToken"] is False, f"{where}: it has a token of the cluster")
    check(spec["securityContext"]["runAsNonRoot"]
          and spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault",
          f"{where}: it may be root, or call everything")
    volumes = {volume["name"] for volume in spec["volumes"]}
    for container in spec["containers"]:
        check_container(container, where)
        check({mount["name"] for mount in container["volumeMounts"]} <= volumes,
              f"{where}: a mount without its volume")


def check_deployment(one, documents):
    component = one["metadata"]["labels"]["app.kubernetes.io/component"]
    where, pod = f"deployment {component}", one["spec"]["template"]
    labels, wanted = pod["metadata"]["labels"], one["spec"]["selector"]["matchLabels"]
    check(wanted.items() <= labels.items(), f"{where}: it does not select its own pods")
    container = pod["spec"]["containers"][0]
    check(container["ports"][0]["containerPort"] == PORTS[component], f"{where}: another port")
    paths = paths_of("public-api" if component == "public-api" else "mcp-gateway")
    for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/ready")):
        asked = container[probe]["httpGet"]
        check(asked["path"] == path and asked["port"] == "http", f"{where}: {probe} asks {asked}")
        check(path in paths, f"{where}: the program has no {path}")
    check(pod["spec"]["terminationGracePeriodSeconds"] > 35, f"{where}: killed before it is done")
    for kind in ("Service", "PodDisruptionBudget"):
        found = [other for other in documents if other["kind"] == kind
                 and other["metadata"]["name"] == one["metadata"]["name"]]
        check(len(found) == 1, f"{where}: no {kind}")
        for other in found:
            selector = other["spec"]["selector"]
            check(selector.get("matchLabels", selector).items() <= labels.items(),
                  f"{where}: its {kind} selects other pods")


def check_kubernetes():
    text = manifests()
    if "--write" in sys.argv:
        MANIFESTS.write_text(text, encoding="utf-8")
    check(MANIFESTS.exists() and MANIFESTS.read_text(encoding="utf-8") == text,
          "deploy/kubernetes is not what the chart makes: tools/deploy/check --write")
    documents = [one for one in yaml.safe_load_all(text) if one]
    kinds = [one["kind"] for one in documents]
    expected = ["ConfigMap", "Deployment", "Ingress", "Job", "NetworkPolicy", "PodDisruptionBudget",
                "Service", "ServiceAccount"]
    check(sorted(set(kinds)) == expected and kinds.count("Deployment") == 2, f"kinds: {kinds}")
    names = [(one["kind"], one["metadata"]["name"]) for one in documents]
    check(len(names) == len(set(names)), "two objects have one name")
    services = {one["metadata"]["name"] for one in documents if one["kind"] == "Service"}
    for one in documents:
        if one["kind"] == "ConfigMap":
            for name, value in one["data"].items():
                is_setting(name, "ConfigMap")
                check(isinstance(value, str), f"ConfigMap: {name} is no text")
        elif one["kind"] == "Deployment":
            check_pod(one["spec"]["template"]["spec"], one["metadata"]["name"])
            check_deployment(one, documents)
        elif one["kind"] == "Job":
            check_pod(one["spec"]["template"]["spec"], one["metadata"]["name"])
        elif one["kind"] == "Ingress":
            for rule in one["spec"]["rules"]:
                backend = rule["http"]["paths"][0]["backend"]["service"]["name"]
                check(backend in services, f"Ingress: no service {backend}")
        elif one["kind"] == "NetworkPolicy":
            check(set(one["spec"]["policyTypes"]) == {"Ingress", "Egress"}, "NetworkPolicy: one way only")


def check_dockerfile():
    text = read("Dockerfile")
    for line in ("USER 65532:65532", "EXPOSE 8000 8001", "ENV ENVIRONMENT=production", "HEALTHCHECK ",
                 '"/usr/local/bin/mcp-registry", "healthcheck"', "distroless", "--locked"):
        check(line in text, f"Dockerfile: no {line}")
    last = text.rsplit("\nFROM ", 1)[1]
    check("\nRUN " not in last, "Dockerfile: the last stage has no shell")
    for name in re.findall(r"(?:ENV|^   ) *([A-Z][A-Z_]+)=", last, re.M):
        is_setting(name, "Dockerfile")
    ignored = read(".dockerignore").splitlines()
    for name in (".env", "data", "target", ".git"):
        check(name in ignored, f".dockerignore: {name} gets into layers")


def check_systemd():
    units = sorted((ROOT / "deploy/systemd").glob("*"))
    check(len(units) == 5, "deploy/systemd: five units")
    for unit in units:
        text = unit.read_text(encoding="utf-8")
        for name in re.findall(r"^Environment=([A-Z_]+)=", text, re.M):
            is_setting(name, unit.name)
        if unit.suffix == ".service":
            for line in ("DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet="):
                check(line in text.splitlines(), f"{unit.name}: no {line}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            for unit in units:
                # The programs need not be on this machine.
                text = re.sub(r"^ExecStart=/usr/local/bin/\S+", "ExecStart=/bin/true",
                              unit.read_text(encoding="utf-8"), flags=re.M)
                (pathlib.Path(folder) / unit.name).write_text(text, encoding="utf-8")
            told = subprocess.run(["systemd-analyze", "verify", "--man=no",
                                   *map(str, sorted(pathlib.Path(folder).iterdir()))],
                                  capture_output=True, text=True, check=False)
            ours = [line for line in told.stderr.splitlines() if "mcp-registry" in line]
            check(not ours, "systemd-analyze: " + "; ".join(ours))
    except FileNotFoundError:
        print("no systemd-analyze here: the units' words were not checked", file=sys.stderr)


def check_bicep():
    """No Bicep compiler can be had here: brackets, names that are used and not declared, settings."""
    for path in sorted((ROOT / "deploy/azure").glob("*.bicep")):
        text = path.read_text(encoding="utf-8")
        bare = re.sub(r"//[^\n]*", "", re.sub(r"'(?:[^'\\\n]|\\.)*'", "''", text))
        for opening, closing in ("{}", "[]", "()"):
            check(bare.count(opening) == bare.count(closing), f"{path.name}: {opening}{closing} do not pair")
        declared = set(re.findall(r"^\s*(?:param|var|resource|module|output) (\w+)", text, re.M))
        declared |= set(re.findall(r"\[for (\w+) in", text)) | set(re.findall(r"\[for \((\w+), \w+\)", text))
        for name in re.findall(r"\$\{(\w+)(?=[.}:])", text) + re.findall(r": (\w+)\.\w+", text):
            check(name in declared, f"{path.name}: {name} is not declared")
        for name in re.findall(r"^param (\w+)", text, re.M):
            check(len(re.findall(rf"\b{name}\b", text)) > 1, f"{path.name}: {name} is not used")
    main = read("deploy/azure/main.bicep")
    block = main[main.index("var settings = {"):]
    for name in re.findall(r"^  ([A-Z_]+):", block[:block.index("\n}")], re.M):
        is_setting(name, "main.bicep")
    for name in re.findall(r"name: '([A-Z_]+)'", read("deploy/azure/migrate.bicep")):
        is_setting(name, "migrate.bicep")
    check("require_secure_transport" in main, "main.bicep: PostgreSQL without TLS")
    for path in re.findall(r"healthCheckPath: '(\S+)'", main):
        check(path in paths_of("public-api") and path in paths_of("mcp-gateway"), f"main.bicep: no {path}")


check_kubernetes()
check_dockerfile()
check_systemd()
check_bicep()
for line in wrong:
    print(f"deploy: {line}", file=sys.stderr)
sys.exit(1 if wrong else 0)
