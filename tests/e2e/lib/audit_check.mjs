// Checks that what phigate exported or streamed is what its format says, against schemas and parsers that others wrote where there are any.
// Usage: audit_check.mjs FORMAT FILE. Prints the name of each event, a line each (har: METHOD STATUS BYTES of each entry).
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const [format, file] = process.argv.slice(2);
const text = fs.readFileSync(file, 'utf8');
const lines = () => text.split('\n').filter((l) => l);
const must = (good, what) => { if (!good) { console.error(`${format}: ${what}`); process.exit(1); } };

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
      console.log(head[4]);
    }
  },
  // RFC 5424, with an event in CEF for its message
  syslog() {
    const parse = require('nsyslog-parser');
    for (const line of lines()) {
      const m = parse(line);
      must(m.version === 1 && m.facilityval === 13 && [4, 6].includes(m.levelval) && m.host === 'gpu-1' && m.appName === 'phigate-agent' && m.ts, line);
      must(m.cef.deviceEventClassID === m.messageid, `MSGID: ${line}`);
      console.log(m.messageid);
    }
  },
  // what https://schema.ocsf.io says of class 6003 and of the objects that are used
  ocsf() {
    for (const line of lines()) {
      const e = JSON.parse(line);
      must(e.class_uid === 6003 && e.category_uid === 6 && e.type_uid === 600300 + e.activity_id, `class: ${line}`);
      must([1, 2, 3, 4, 99].includes(e.activity_id) && [1, 2, 3, 4].includes(e.severity_id) && [1, 2].includes(e.status_id), `enums: ${line}`);
      must(Number.isInteger(e.time) && e.time > 1e12 && e.time < 1e13, `time in ms: ${line}`);
      must(e.metadata.version === '1.8.0' && e.metadata.product.vendor_name && e.metadata.profiles.includes('ai_operation'), `metadata: ${line}`);
      must(e.actor.user?.name || e.actor.app_name, `actor: ${line}`);
      must(e.src_endpoint.ip || e.src_endpoint.svc_name, `src_endpoint: ${line}`);
      must(typeof e.api.operation === 'string' && (!e.api.response || Number.isInteger(e.api.response.code)), `api: ${line}`);
      must(!e.ai_model || (e.ai_model.ai_provider && e.ai_model.name), `ai_model: ${line}`);
      must(!e.message_context || e.message_context.service.name, `message_context: ${line}`);
      console.log(e.metadata.event_code);
    }
  },
  ecs() {
    const categories = { api: ['access', 'allowed', 'denied', 'info', 'end'], session: ['start', 'end', 'info'], host: ['change', 'info'], process: ['start', 'end'],
      configuration: ['change', 'info'], file: ['access', 'change', 'creation'] };
    for (const line of lines()) {
      const e = JSON.parse(line);
      must(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(e['@timestamp']) && e.ecs.version, `time: ${line}`);
      must(e.event.kind === 'event' && ['success', 'failure', 'unknown'].includes(e.event.outcome), `event: ${line}`);
      must(Array.isArray(e.event.category) && e.event.type.every((t) => categories[e.event.category[0]].includes(t)), `category: ${line}`);
      must(!e.http?.response || Number.isInteger(e.http.response.status_code), `http: ${line}`);
      console.log(e.event.action);
    }
  },
  // opentelemetry.proto.logs.v1 in its JSON mapping: 64-bit integers are strings, an AnyValue has one member
  otlp() {
    const value = (v) => Object.keys(v).length === 1 && ['stringValue', 'intValue', 'boolValue', 'arrayValue'].includes(Object.keys(v)[0])
      && (!('intValue' in v) || /^-?\d+$/.test(v.intValue)) && (!v.arrayValue || v.arrayValue.values.every(value));
    const attributes = (list) => list.every((a) => Object.keys(a).join() === 'key,value' && value(a.value))
      && new Set(list.map((a) => a.key)).size === list.length;
    for (const line of lines()) {
      for (const { resource, scopeLogs } of JSON.parse(line).resourceLogs) {
        must(attributes(resource.attributes) && resource.attributes.some((a) => a.key === 'service.name'), `resource: ${line}`);
        for (const record of scopeLogs.flatMap((s) => s.logRecords)) {
          must(/^\d{19}$/.test(record.timeUnixNano) && record.severityNumber >= 1 && record.severityNumber <= 24, `record: ${line}`);
          must(value(record.body) && attributes(record.attributes), `attributes: ${line}`);
          console.log(record.eventName);
        }
      }
    }
  },
};
await checks[format]();
