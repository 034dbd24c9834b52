// server.mjs - the live reference of another kind: Fastify with the drivers of the databases themselves. The same
// questions as bench/live_c.c, each prepared and asked as soon as its keys are known, side by side; the view written by
// hand (pop.mjs). No mapping, no deadlines. Usage: node server.mjs PORT QUESTIONS KEYS.XML CONNECTION ... as live_c;
// KEYS.XML is the mapping's file with the vocabularies.
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import pg from "pg";
import mysql from "mysql2/promise";
import Sqlite from "better-sqlite3";
import { popMaker, vocabularies } from "./pop.mjs";

const POOL = 8;

/** The parts of an ODBC connection string, names in lower case. */
function options(text) {
  const found = {};
  for (const [, name, braced, plain] of text.matchAll(/(\w+)=(?:\{((?:[^}]|\}\})*)\}|([^;]*));?/g))
    found[name.toLowerCase()] = braced ?? plain;
  return found;
}

/** {run(question, values) -> rows} for one connection string. */
function database(text) {
  const o = options(text);

  if (/postgres/i.test(o.driver)) {
    for (const type of [pg.types.builtins.TIMESTAMP, pg.types.builtins.DATE]) pg.types.setTypeParser(type, (value) => value);
    const pool = new pg.Pool({ host: o.server, port: +o.port, database: o.database, user: o.uid, password: o.pwd, max: POOL });
    return { run: async (q, values) => (await pool.query({ name: q.name, text: q.dollars, values })).rows };
  }
  if (/maria/i.test(o.driver)) {
    const pool = mysql.createPool({ host: o.server, port: +o.port, database: o.database, user: o.uid, password: o.pwd,
                                    connectionLimit: POOL, dateStrings: true, supportBigNumbers: true });
    return { run: async (q, values) => (await pool.execute(q.sql, values))[0] };
  }
  const db = new Sqlite(o.database.replace(/^file:/, "").replace(/\?.*$/, ""), { readonly: true });
  const prepared = new Map();
  return {
    run: async (q, values) => {
      if (!prepared.has(q.name)) prepared.set(q.name, db.prepare(q.sql));
      return prepared.get(q.name).all(values);
    },
  };
}

function pairs(text, between) {
  return text === "-" ? [] : text.split(",").map((item) => item.split(between));
}

/** One line of the questions' file. */
function question(line) {
  const [name, connection, binds, gives, sql] = line.split("\t");
  let n = 0;

  return { name, connection: +connection, sql, dollars: sql.replace(/\?/g, () => `$${++n}`),
           binds: pairs(binds, "/").map(([slot, index]) => ({ slot, index: +index })),
           gives: pairs(gives, "=").map(([column, slot]) => ({ column: +column, slot })) };
}

const [port, path, keysXml, ...connections] = process.argv.slice(2);
const pop = popMaker(vocabularies(keysXml));
const databases = connections.map(database);
const questions = readFileSync(path, "utf8").trimEnd().split("\n").map(question);

/** The earlier questions that a question waits for: those that give a slot it binds. */
questions.forEach((q, i) => {
  const slots = new Set(q.binds.map((bind) => bind.slot).flatMap((s) => (s === "member.shop" ? [s, "member.crm"] : [s])));
  q.after = questions.slice(0, i).flatMap((e, at) => (e.gives.some((give) => slots.has(give.slot)) ? [at] : []));
});

function addKey(keys, slot, value) {
  const values = (keys[slot] ??= []);

  if (value === null || value === undefined || values.includes(String(value))) return;
  values.push(String(value));
  if (slot === "member.crm") addKey(keys, "member.shop", String(parseInt(String(value).slice(1), 10)));
}

async function ask(q, keys) {
  if (q.binds.some(({ slot }) => !keys[slot])) return [];
  const values = q.binds.map(({ slot, index }) => keys[slot][Math.min(index, keys[slot].length - 1)]);
  const rows = await databases[q.connection].run(q, values);
  for (const row of rows) for (const { column, slot } of q.gives) addKey(keys, slot, Object.values(row)[column]);
  return rows;
}

async function view(phone) {
  const digits = phone.replace(/\D/g, "");
  const keys = { "phone.digits": [digits],
                 "phone.dashed": [digits.replace(/^(\d{3})(\d{4})(\d{4})$/, "$1-$2-$3")] };
  const asked = [];

  for (const q of questions) asked.push(Promise.all(q.after.map((i) => asked[i])).then(() => ask(q, keys)));
  const rows = await Promise.all(asked);
  return pop(Object.fromEntries(questions.map((q, i) => [q.name, rows[i]])));
}

const app = Fastify();
app.get("/livez", async () => "ok");
app.get("/v1/customers", (request) => view(request.query.phone ?? ""));
app.route({ method: ["QUERY", "POST"], url: "/v1/customers", handler: (request) => view(request.body.by.phone) });
await app.listen({ host: "127.0.0.1", port: +port });
