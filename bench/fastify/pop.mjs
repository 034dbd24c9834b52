// pop.mjs - the view `pop` of examples/mall as somebody would write it by hand for this one view: the rows of all parts
// become the customer, with times in RFC 3339, codes, masks, merged and cut lists. bench/run checks that it is equal to
// federator's.
import { readFileSync } from "node:fs";

const SEOUL = "+09:00", UTC = "Z";

/** {vocabulary: {what sources write: code}} and {vocabulary: {code: label}} of a mapping's file. */
export function vocabularies(path) {
  const codes = {}, labels = {};
  for (const [, name, body] of readFileSync(path, "utf8").matchAll(/<codes name="([^"]+)">(.*?)<\/codes>/gs)) {
    codes[name] = {};
    labels[name] = {};
    for (const [, is, from, label] of body.matchAll(/<code is="([^"]+)"(?: from="([^"]+)")?>.*?>([^<]+)<\/label>/gs)) {
      labels[name][is] = label;
      for (const text of [is, ...(from ?? "").split(" ")]) codes[name][text] = is;
    }
  }
  return { codes, labels };
}

function time(text, zone) {
  if (text === null || text === undefined) return null;
  return (text.length === 10 ? text + "T00:00:00" : text.replace(" ", "T").replace(/\.0*$/, "")) + zone;
}

function decimal(value) {
  if (value === null || value === undefined) return null;
  const text = String(value);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const SURNAMES = ["남궁", "황보", "제갈", "사공", "선우", "서문", "독고"]; // of two letters

function maskName(name) {
  const letters = [...name], shown = SURNAMES.includes(name.slice(0, 2)) && letters.length > 3 ? 2 : 1;
  if (letters.length < 3) return letters[0] + "*";
  return letters.slice(0, shown).join("") + "*".repeat(letters.length - shown - 1) + letters.at(-1);
}

const descending = (field) => (a, b) => (a[field] < b[field] ? 1 : a[field] > b[field] ? -1 : 0);
const ascending = (field) => (a, b) => (a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : 0);

export function popMaker(vocabulary) {
  const { codes, labels } = vocabulary;

  return function pop(rows) {
    const used = {};
    const code = (name, value) => (value === null || value === undefined ? null : codes[name][value] ?? value);
    const label = (name, is) => {
      if (is !== null && labels[name][is]) (used[name] ??= {})[is] = labels[name][is];
    };
    const one = (part) => rows[part]?.[0];
    const list = (part) => rows[part] ?? [];
    const cust = one("cust"), value = one("value");
    const products = Object.fromEntries(list("products").map((p) => [p.prd_cd, p]));
    const tier = !value || value.vip_tier === null || (value.loaded_at ?? "") < (cust.upd_dt ?? "") ? cust.grade_cd : value.vip_tier;
    const contacts = ["contacts", "callbacks", "escorts", "social_messages", "outbounds"].flatMap((part) =>
      list(part).map((r) => ({ id: String(r.id), at: time(r.at, SEOUL), channel: code("channel", r.channel), topic: r.topic ?? null,
                               note: r.note ?? null })));
    const contactsSeen = new Set();
    const customer = {
      member: cust.cust_no,
      name: maskName(cust.cust_nm),
      phone: cust.hp_no.replace(/^(\d{3})(-?)\d{4}(-?)(\d{4})$/, "$1$2****$3$4"),
      address: { city: cust.city_nm },
      tier: code("tier", tier),
      order_count: Number(one("order_sum")?.n ?? 0),
      on_site_now: Boolean(Number(one("on_site")?.is_now ?? 0)),
      alerts: ["open_claims", "late_deliveries"].flatMap((part) => list(part).map((r) => ({
        kind: code("alert", r.kind), since: time(r.since, SEOUL), ref: r.ref }))).sort(ascending("since")).slice(0, 10),
      pending_callbacks: list("callbacks_waiting").map((r) => ({
        requested_at: time(r.req_dt, SEOUL), appointment: time(r.rsv_dt, SEOUL),
        phone: r.tel_no.replace(/^(\d{3})(-?)\d{4}(-?)(\d{4})$/, "$1$2****$3$4"), topic: r.topic_nm }))
        .sort(ascending("requested_at")).slice(0, 5),
      do_not_contact: list("dnc").map((r) => ({ channel: code("channel", r.chnl_cd), since: time(r.reg_dt, SEOUL) })).slice(0, 5),
      contacts: contacts.sort(descending("at")).filter((c) => {
        const id = c.channel + " " + c.id;
        return contactsSeen.has(id) ? false : contactsSeen.add(id);
      }).slice(0, 5),
      orders: list("orders").map((r) => ({ no: r.ord_no, at: time(r.ord_dt, SEOUL), amount: decimal(r.pay_amt),
                                           status: code("order-status", r.stat_cd) })).sort(descending("at")).slice(0, 3),
      pages: list("pages").map((r) => ({ at: time(r.at, UTC), title: r.title })).sort(descending("at")).slice(0, 5),
      searches: list("searches").map((r) => ({ at: time(r.at, UTC), terms: r.terms, hits: Number(r.hits) })).sort(descending("at")).slice(0, 3),
      cart: list("carts").map((r) => ({ added_at: time(r.added_at, UTC), product: products[r.product]?.prd_nm ?? null,
                                        price: decimal(products[r.product]?.price), quantity: Number(r.qty) }))
        .sort(descending("added_at")).slice(0, 3),
    };
    label("tier", customer.tier);
    for (const alert of customer.alerts) label("alert", alert.kind);
    for (const entry of [...customer.do_not_contact, ...customer.contacts]) label("channel", entry.channel);
    for (const order of customer.orders) label("order-status", order.status);
    return { customer, labels: used };
  };
}
