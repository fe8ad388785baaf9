// Checks the objects of KEDA and of the Prometheus operator, a JSON array on standard input, against their definitions. CUSTOM_RESOURCES
// is the folder that holds the packages.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const packages = { "keda.sh": "keda", "monitoring.coreos.com": "prometheus-operator" };
const folder = join(process.env.CUSTOM_RESOURCES, "node_modules", "@kubernetes-models");

let failed = false;
for (const object of JSON.parse(readFileSync(0, "utf8"))) {
  const [group, version] = object.apiVersion.split("/");
  const file = join(folder, packages[group], group, version, `${object.kind}.js`);
  const { [object.kind]: Definition } = await import(pathToFileURL(file));
  try {
    new Definition(object).validate();
  } catch (error) {
    failed = true;
    console.error(`${object.kind} ${object.metadata.name}: ${error.message}`);
  }
}
process.exit(failed ? 1 : 0);
