// Labelled texts: made from templates, or read from marked lines.
import fs from 'node:fs'
import path from 'node:path'
import {Filler} from './fill.mjs'

const bytes = text => Buffer.byteLength(text)

/* Pieces of text, labelled or not, put together: {text, spans: [{start, end, entity}]}, offsets in bytes of UTF-8. */
class Labelled {
	constructor() { this.text = ''; this.at = 0; this.spans = [] }
	add(text, entity) {
		const end = this.at + bytes(text)
		if (entity) this.spans.push({start: this.at, end, entity})
		this.text += text
		this.at = end
	}
}

/* {{kind}} or {{kind.form}} is a slot of fill.mjs. */
export function fill(template, seed) {
	const filler = new Filler(seed), out = new Labelled()
	let last = 0
	for (const m of template.matchAll(/\{\{([a-z0-9]+)(?:\.([A-Za-z0-9]+))?\}\}/gi)) {
		out.add(template.slice(last, m.index))
		const [entity, text] = filler.slot(m[1], m[2])
		out.add(text, entity)
		last = m.index + m[0].length
	}
	out.add(template.slice(last))
	if (/\{\{|\}\}/.test(out.text)) throw new Error(`a slot is not filled: ${out.text.match(/.{0,30}(\{\{|\}\}).{0,30}/s)[0]}`)
	return {text: out.text, spans: out.spans}
}

/* Marked text: ⟦NAME|Rose Long⟧ is a labelled piece, ⟦EITHER|Tuesday⟧ one that may be masked or stay. */
function marked(text) {
	const out = new Labelled()
	let last = 0
	for (const m of text.matchAll(/⟦([A-Z_]+)\|([^⟧]*)⟧/gu)) {
		out.add(text.slice(last, m.index))
		out.add(m[2], m[1])
		if (m[1] === 'EITHER') out.spans.at(-1).entity = null
		last = m.index + m[0].length
	}
	out.add(text.slice(last))
	if (/[⟦⟧]/u.test(out.text)) throw new Error(`a mark is not closed: ${out.text}`)
	return {text: out.text, spans: out.spans}
}

/* templates/KIND.txt holds templates between lines of ====. Every third of a kind is held out: never looked at while rules are made. */
export function clinical(dir, copies) {
	const documents = []
	for (const file of fs.readdirSync(dir).filter(f => f.endsWith('.txt')).sort()) {
		const templates = fs.readFileSync(path.join(dir, file), 'utf8').split(/^====\n/m).filter(t => t.trim())
		templates.forEach((template, i) => {
			for (let copy = 0; copy < copies; copy++)
				documents.push({kind: path.basename(file, '.txt'), held_out: i % 3 === 2,
					...fill(template, 7919 * (i + 1) + 104729 * copy + [...file].reduce((a, c) => a * 31 + c.charCodeAt(0) | 0, 17))})
		})
	}
	return documents
}

export function jsonl(file) {
	return fs.readFileSync(file, 'utf8').split('\n').filter(l => l).map(l => JSON.parse(l))
}

/* One marked text a line; \n in it is a line feed. */
export function hard(file) {
	return fs.readFileSync(file, 'utf8').split('\n').filter(l => l && !l.startsWith('#'))
		.map(l => marked(l.replaceAll('\\n', '\n').replaceAll('\\t', '\t')))
}

/* dir/KIND.txt holds marked documents, as they are, between lines of ====. */
export function written(dir) {
	return fs.readdirSync(dir).filter(f => f.endsWith('.txt')).sort().flatMap(f => {
		const kind = path.basename(f, '.txt')
		return fs.readFileSync(path.join(dir, f), 'utf8').split(/^====\n/m).filter(t => t.trim()).map(t => ({kind, ...marked(t)}))
	})
}
