// The jobs of `cargo xtask bench`, done with jsforce 3.

import { createRequire } from "node:module";

const jsforce = createRequire(process.env.JSFORCE_FROM + "/")("jsforce");
const { BENCH_URL: url, BENCH_JOB: job, BENCH_SOQL: soql, BENCH_TOKEN: token } = process.env;
const count = Number(process.env.BENCH_COUNT);
const connection = new jsforce.Connection({ instanceUrl: url, accessToken: token, version: "66.0", maxRequest: 32 });
const account = (number) => ({ Name: `Account ${number}`, Industry: "Manufacturing", Phone: "(212) 555-0100" });

async function run() {
  switch (job) {
    case "rows-dynamic-kept":
      return (await connection.query(soql, { autoFetch: true, maxFetch: count })).records.length;
    case "rows-dynamic-streamed":
    case "million":
      return new Promise((resolve, reject) => {
        let seen = 0;
        connection
          .query(soql)
          .on("record", (record) => { if (record.Name) seen += 1; })
          .on("end", () => resolve(seen))
          .on("error", reject)
          .run({ autoFetch: true, maxFetch: count });
      });
    case "gets": {
      let next = 0;
      let done = 0;
      const worker = async () => {
        while (next < count) {
          const id = `001Bn${String(next++).padStart(10, "0")}`;
          if ((await connection.sobject("Account").retrieve(id)).Id) done += 1;
        }
      };
      await Promise.all(Array.from({ length: 32 }, worker));
      return done;
    }
    case "creates": {
      const results = await connection.sobject("Account").create(
        Array.from({ length: count }, (_, number) => account(number)),
        { allowRecursive: true },
      );
      return results.filter((result) => result.success).length;
    }
    case "dead-token":
    case "dead-token-staggered": {
      const renewed = new jsforce.Connection({
        instanceUrl: url, accessToken: token, version: "66.0", maxRequest: 50,
        refreshFn: async (_, done) => {
          const reply = await fetch(`${url}/services/oauth2/token`, { method: "POST" });
          done(null, (await reply.json()).access_token);
        },
      });
      const one = soql.replace(/LIMIT \d+/, "LIMIT 1");
      await renewed.query(one);
      await fetch(`${url}/bench/expire`, { method: "POST" });
      const call = async (number) => {
        if (job.endsWith("-staggered")) await new Promise((resolve) => setTimeout(resolve, number));
        return renewed.query(one);
      };
      return (await Promise.all(Array.from({ length: count }, (_, number) => call(number)))).length;
    }
    default:
      return null;
  }
}

const [cpu, start] = [process.cpuUsage(), process.hrtime.bigint()];
const items = await run();
if (items === null) {
  console.log(JSON.stringify({ cannot: true }));
} else {
  const wall = Number(process.hrtime.bigint() - start) / 1e6;
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ items, wall_ms: wall, cpu_ms: (user + system) / 1e3, peak_kb: process.resourceUsage().maxRSS }));
}
process.exit(0);
