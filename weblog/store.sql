-- The tables of the event store, as store_schema.c runs them: {words} are types and clauses of the product.

CREATE TABLE IF NOT EXISTS web_log (
  log {text:64} NOT NULL PRIMARY KEY,
  epoch {big} NOT NULL,
  owner {text:128},
  begun_at {time},
  batches {big} NOT NULL,
  purged_to {time},
  events_to {time},
  last_at {time}
){options};

CREATE TABLE IF NOT EXISTS web_file (
  log {text:64} NOT NULL,
  number {big} NOT NULL,
  device {text:20} NOT NULL,
  inode {text:20} NOT NULL,
  head {text:32} NOT NULL,
  head_bytes {int} NOT NULL,
  path {text:1024},
  at_byte {big} NOT NULL,
  lines_read {big} NOT NULL,
  rejected {big} NOT NULL,
  ended {int} NOT NULL,
  seen_at {time} NOT NULL,
  PRIMARY KEY (log, number)
){options};

CREATE TABLE IF NOT EXISTS web_agent (
  id {big} NOT NULL PRIMARY KEY,
  agent {text:512} NOT NULL,
  device {text:16},
  is_bot {int} NOT NULL,
  seen_at {time}
){options};

CREATE INDEX IF NOT EXISTS web_agent_seen ON web_agent (seen_at);

CREATE TABLE IF NOT EXISTS web_event (
  id {serial},
  log {text:64} NOT NULL,
  at {time} NOT NULL,
  visitor {text:64} NOT NULL,
  session {text:16} NOT NULL,
  kind {text:32},
  method {text:16},
  path {text:1024},
  query {text:1024},
  status {int},
  result {text:8},
  product {text:64},
  category {text:64},
  order_no {text:64},
  terms {text:256},
  hits {big},
  engine {text:64},
  engine_terms {text:256},
  referrer {text:512},
  campaign {text:192},
  client {text:64},
  agent {big},
  took_ms {big},
  bytes {big}{event_key}
){event_options};

CREATE INDEX IF NOT EXISTS web_event_visitor ON web_event (visitor, at);

CREATE INDEX IF NOT EXISTS web_event_search ON web_event (at){of_searches};

CREATE TABLE IF NOT EXISTS web_session (
  session {text:16} NOT NULL PRIMARY KEY,
  log {text:64} NOT NULL,
  visitor {text:64} NOT NULL,
  started_at {time} NOT NULL,
  last_at {time} NOT NULL,
  events {big} NOT NULL,
  searches {big} NOT NULL,
  failures {big} NOT NULL,
  entry_path {text:1024},
  last_path {text:1024},
  referrer {text:512},
  campaign {text:192},
  engine_terms {text:256},
  client {text:64},
  agent {big}
){options};

CREATE INDEX IF NOT EXISTS web_session_visitor ON web_session (visitor, started_at);

CREATE INDEX IF NOT EXISTS web_session_last ON web_session (last_at);

CREATE TABLE IF NOT EXISTS web_evidence (
  visitor {text:64} NOT NULL,
  session {text:16} NOT NULL,
  key_name {text:64} NOT NULL,
  value {text:256} NOT NULL,
  evidence {text:64} NOT NULL,
  confidence {int} NOT NULL,
  first_at {time} NOT NULL,
  last_at {time} NOT NULL,
  PRIMARY KEY (visitor, session, key_name, value, evidence)
){options}{keyed};

CREATE INDEX IF NOT EXISTS web_evidence_key ON web_evidence (visitor, key_name);

CREATE TABLE IF NOT EXISTS web_link (
  visitor {text:64} NOT NULL,
  key_name {text:64} NOT NULL,
  value {text:256} NOT NULL,
  confidence {int} NOT NULL,
  first_at {time} NOT NULL,
  last_at {time} NOT NULL,
  since {time} NOT NULL,
  PRIMARY KEY (visitor, key_name, value)
){options}{keyed};

CREATE INDEX IF NOT EXISTS web_link_value ON web_link (key_name, value);

-- Of a visitor who never stops (a kiosk, a program with a cookie) the newest ten thousand events are looked at.
-- A session in which several signed in is nobody's. A visitor without a name of its own (~) is whoever has that address
-- and that browser: as a device that is shared. Which is not said as EXISTS (... evidence): of that PostgreSQL makes a hash of the whole table.
{view} web_linked_event AS
SELECT l.key_name, l.value, l.confidence, e.id, e.log, e.at, e.visitor, e.session, e.kind, e.method, e.path, e.query,
  e.status, e.result, e.product, e.category, e.order_no, e.terms, e.hits, e.engine, e.engine_terms, e.referrer,
  e.campaign, e.client, e.agent, e.took_ms, e.bytes
FROM web_link l JOIN web_event e ON e.visitor = l.visitor AND e.at >= COALESCE(
  (SELECT n.at FROM web_event n WHERE n.visitor = l.visitor ORDER BY n.at DESC LIMIT 1 OFFSET 9999),
  CAST('1000-01-01 00:00:00.000' AS {time}))
WHERE CASE WHEN SUBSTR(l.visitor, 1, 1) = '~' OR EXISTS (SELECT 1 FROM web_link o
    WHERE o.visitor = l.visitor AND o.key_name = l.key_name AND o.value <> l.value)
  THEN (SELECT CASE WHEN MIN(v.value) = MAX(v.value) THEN MIN(v.value) END FROM web_evidence v
    WHERE v.visitor = l.visitor AND v.session = e.session AND v.key_name = l.key_name) = l.value
  ELSE e.at >= l.since END;

{view} web_linked_session AS
SELECT l.key_name, l.value, l.confidence, s.session, s.log, s.visitor, s.started_at, s.last_at, s.events, s.searches,
  s.failures, s.entry_path, s.last_path, s.referrer, s.campaign, s.engine_terms, s.client, s.agent
FROM web_link l JOIN web_session s ON s.visitor = l.visitor
WHERE CASE WHEN SUBSTR(l.visitor, 1, 1) = '~' OR EXISTS (SELECT 1 FROM web_link o
    WHERE o.visitor = l.visitor AND o.key_name = l.key_name AND o.value <> l.value)
  THEN (SELECT CASE WHEN MIN(v.value) = MAX(v.value) THEN MIN(v.value) END FROM web_evidence v
    WHERE v.visitor = l.visitor AND v.session = s.session AND v.key_name = l.key_name) = l.value
  ELSE s.last_at >= l.since END;
