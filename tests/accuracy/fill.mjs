// Values for the slots of a template: people, places, dates, numbers with and without right checksums. A seeded generator, so that the
// corpus is the same everywhere. Nothing here comes from phigate's own dictionaries.

export function random(seed) {                   // mulberry32
	let a = seed >>> 0
	return () => {
		a = (a + 0x6d2b79f5) >>> 0
		let t = Math.imul(a ^ (a >>> 15), 1 | a)
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296
	}
}

const words = text => text.trim().split(/\s*[,\n]\s*/)

const FIRST_F = words(`Jane, Maria, Patricia, Aisha, Mei, Guadalupe, Ingrid, Oluwaseun, Priya, Rosalind, Siobhán, Zoë, Chloé, Noor, Fatima, Hannah,
	Deborah, Yuki, Svetlana, Tamika, Leticia, Marguerite, Beatriz, Keisha, Xiomara, Agnieszka, Thuy, Nkechi, Rose, Grace, May, Faith, Hope, Joy,
	Ruth, Edith, Mary-Ann, Jo Ann, Anne-Marie, Dolores, Winifred, Latoya, Eun-ji, Saoirse, Ximena, Bronwyn, Parvati, Camille, Ebony, Theodora`)
const FIRST_M = words(`John, Robert, William, Mohammed, Wei, José, Sven, Chukwuemeka, Raj, Hiroshi, Dmitri, Jamal, Carlos, Pierre, Ángel, Søren, Omar,
	Thaddeus, Cornelius, Sanjay, Kwame, Björn, Tuan, Andrzej, Malik, Ezekiel, Reginald, Ignacio, Bill, Mark, Frank, Chuck, Rob, Drew, Grant, Will,
	Jean-Luc, Juan Carlos, Desmond, Percival, Anatoly, Takeshi, Demetrius, Lamar, Ikaika, Rashid, Stanisław, Gareth, Enrique, Horace`)
const LAST = words(`Smith, Johnson, Nguyen, García, O'Brien, Okafor, Patel, Kowalczyk, van der Berg, de la Cruz, McAllister, Fitzgerald, Hernández-López,
	Yamamoto, Abdullah, Lindqvist, St. James, Papadopoulos, Ivanova, Zhang, Baptiste, MacDonald, Di Stefano, Thibodeaux, Vasquez, Winterbottom, Achebe,
	Müller, Ó Súilleabháin, Castellanos, Brown, Young, Long, Rose, White, Black, Price, Rice, Hill, Banks, Wood, Day, Cook, Bishop, Case, Parker,
	Hofstadter, Krzyzewski, Ramanathan, Delacroix, Quiñones, Wojciechowski, Featherstone, Ostrowski, Kamakawiwo, Villanueva-Reyes, Tran, Le, Kim, Park,
	Schwarzenbach, Tchaikovsky, Adeyemi, Bhattacharya, El-Sayed, Mbeki, Petrov, Sørensen, D'Angelo, Holloway, Greenwald, Moskowitz, Yazzie, Tsosie`)
const STREETS = words(`Maple, Oak, Washington, 5th, Elm, Martin Luther King Jr., Sunset, Cedar Hill, Lakeview, Old Mill, Saint Charles, Peachtree, 42nd,
	Harbor View, Commonwealth, N. Michigan, SW Morrison, West 12th, Jefferson Davis, Whispering Pines, Rue Royale, El Camino Real`)
const SUFFIX = words(`Street, St., Avenue, Ave, Road, Rd., Lane, Drive, Dr., Blvd, Boulevard, Court, Ct., Way, Place, Terrace, Parkway, Circle`)
const CITIES = [['Springfield', 'Sangamon', 'IL', 'Illinois', '62704'], ['Boston', 'Suffolk', 'MA', 'Massachusetts', '02118'],
	['Worcester', 'Worcester', 'MA', 'Massachusetts', '01605'], ['Tucson', 'Pima', 'AZ', 'Arizona', '85719'], ['Baton Rouge', 'East Baton Rouge', 'LA',
	'Louisiana', '70806'], ['Cedar Rapids', 'Linn', 'IA', 'Iowa', '52402'], ['Missoula', 'Missoula', 'MT', 'Montana', '59801'], ['Fort Wayne', 'Allen',
	'IN', 'Indiana', '46805'], ['Chattanooga', 'Hamilton', 'TN', 'Tennessee', '37403'], ['Yakima', 'Yakima', 'WA', 'Washington', '98902'], ['St. Louis',
	'St. Louis', 'MO', 'Missouri', '63110'], ['Bangor', 'Penobscot', 'ME', 'Maine', '04401'], ['El Paso', 'El Paso', 'TX', 'Texas', '79902'],
	['Eau Claire', 'Eau Claire', 'WI', 'Wisconsin', '54701'], ['Winston-Salem', 'Forsyth', 'NC', 'North Carolina', '27103'], ['Reno', 'Washoe', 'NV',
	'Nevada', '89502']]
const FACILITY = words(`Mercy General Hospital, St. Luke's Medical Center, Riverside Community Hospital, Lakewood Family Clinic, Beth Shalom Medical Center,
	Northside Regional Hospital, Sacred Heart Hospital, Pine Ridge Nursing Home, Oakmont Rehabilitation Center, Harborview Dialysis Center,
	Mount Carmel Hospital, Cascade Valley Health Center, Good Samaritan Hospital, Willow Creek Assisted Living`)
const MONTHS = words('January, February, March, April, May, June, July, August, September, October, November, December')
const DAYS = words('Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday')

const luhn = digits => {                         // the check digit
	let sum = 0
	for (let i = 0; i < digits.length; i++) {
		let d = +digits[digits.length - 1 - i]
		if (i % 2 === 0) d = d * 2 > 9 ? d * 2 - 9 : d * 2
		sum += d
	}
	return String((10 - sum % 10) % 10)
}
const ascii = text => text.normalize('NFD').replace(/[^A-Za-z]/g, '').toLowerCase() || 'pat'

/* A filler makes one document's values: values of people stay the same within the document, others are new for each use. */
export class Filler {
	constructor(seed) {
		this.r = random(seed)
		this.people = {}
		this.place = this.of(CITIES)
	}

	n(least, most) { return least + Math.floor(this.r() * (most - least + 1)) }
	of(list) { return list[this.n(0, list.length - 1)] }
	digits(n) { let s = ''; while (s.length < n) s += this.n(0, 9); return s }
	two(v) { return String(v).padStart(2, '0') }
	alnum(n, set = 'ABCDEFGHJKMNPQRTUVWXY0123456789') { let s = ''; while (s.length < n) s += set[this.n(0, set.length - 1)]; return s }

	person(who) {
		if (!this.people[who]) {
			const female = this.r() < 0.5
			this.people[who] = {first: this.of(female ? FIRST_F : FIRST_M), middle: this.of('ABCDEGHJKLMNPRSTW'.split('')), last: this.of(LAST), female}
		}
		return this.people[who]
	}

	name(who, form = 'full') {
		const p = this.person(who)
		switch (form) {
		case 'full': return `${p.first} ${p.last}`
		case 'mid': return `${p.first} ${p.middle}. ${p.last}`
		case 'first': return p.first
		case 'last': return p.last
		case 'lf': return `${p.last}, ${p.first}`
		case 'lfm': return `${p.last}, ${p.first} ${p.middle}.`
		case 'caps': return `${p.first} ${p.last}`.toUpperCase()
		case 'LF': return `${p.last}, ${p.first}`.toUpperCase()
		case 'low': return `${p.first} ${p.last}`.toLowerCase()
		case 'fi': return `${p.first[0]}. ${p.last}`
		case 'initials': return `${p.first[0]}.${p.last[0]}.`
		}
		throw new Error(`name form ${form}`)
	}

	day() { return {y: this.n(2015, 2025), m: this.n(1, 12), d: this.n(1, 28), w: this.n(0, 6)} }

	date(form = 'num') {
		const {y, m, d, w} = this.day(), month = MONTHS[m - 1]
		switch (form) {
		case 'num': return this.of([`${this.two(m)}/${this.two(d)}/${y}`, `${m}/${d}/${y % 100 < 10 ? '0' + y % 100 : y % 100}`, `${this.two(m)}-${this.two(d)}-${y}`])
		case 'iso': return `${y}-${this.two(m)}-${this.two(d)}`
		case 'long': return this.of([`${month} ${d}, ${y}`, `${month.slice(0, 3)} ${d}, ${y}`, `${d} ${month} ${y}`])
		case 'md': return this.of([`${month} ${d}`, `${month} ${d}${d % 10 === 1 && d !== 11 ? 'st' : d % 10 === 2 && d !== 12 ? 'nd' : d % 10 === 3 && d !== 13 ? 'rd' : 'th'}`])
		case 'nd': return `${m}/${d}`
		case 'wd': return `${DAYS[w]}, ${month} ${d}`
		case 'my': return `${month} ${y}`
		case 'dob': return `${this.two(m)}/${this.two(d)}/${this.n(1934, 1999)}`
		case 'hl7': return `${y}${this.two(m)}${this.two(d)}`
		}
		throw new Error(`date form ${form}`)
	}

	phone(form = 'any') {
		const a = this.n(201, 989), e = this.n(201, 989), s = this.digits(4)
		const forms = {paren: `(${a}) ${e}-${s}`, dash: `${a}-${e}-${s}`, dot: `${a}.${e}.${s}`, plus: `+1 ${a} ${e} ${s}`, ext: `${a}-${e}-${s} ext. ${this.n(100, 9999)}`}
		return form === 'any' ? this.of(Object.values(forms)) : forms[form]
	}

	ssn() { return `${this.two(this.n(1, 7))}${this.n(1, 9)}-${this.two(this.n(10, 99))}-${this.digits(3)}${this.n(1, 9)}` }
	npi() { const n = this.of('12') + this.digits(8); return n + luhn('80840' + n) }
	card() { const n = this.of('45') + this.digits(14); const c = n + luhn(n); return this.of([c, c.replace(/(....)(?=.)/g, '$1 '), c.replace(/(....)(?=.)/g, '$1-')]) }
	dea() { const d = this.digits(6).split('').map(Number); return this.of('ABFGM'.split('')) + this.alnum(1, 'ABCDEFGHJKLMNPRSTW') + d.join('') + (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 }
	mbi() { const a = 'ACDEFGHJKMNPQRTUVWXY', b = a + '0123456789'; const c = s => this.alnum(1, s); return this.n(1, 9) + c(a) + c(b) + this.n(0, 9) + this.of(['-', '']) + c(a) + c(b) + this.n(0, 9) + this.of(['-', '']) + c(a) + c(a) + this.digits(2) }
	vin() {
		const chars = '0123456789ABCDEFGHJKLMNPRSTUVWXYZ', value = c => '0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ'.indexOf(c) % 10
		const w = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
		const v = [...this.alnum(17, chars.replace(/[IOQ]/g, ''))]
		v[8] = '0'
		const rest = v.reduce((s, c, i) => s + w[i] * value(c), 0) % 11
		v[8] = rest === 10 ? 'X' : String(rest)
		return v.join('')
	}

	/* slot(name, form) -> [entity or null, text]; null: not an identifier. */
	slot(kind, form) {
		const [city, county, st, state, zip] = this.place
		if (/^(pat|doc\d?|nurse|kin|ref)$/.test(kind)) return ['NAME', this.name(kind, form)]
		switch (kind) {
		case 'date': return ['DATE', this.date(form)]
		case 'year': return [null, String(this.n(1985, 2024))]
		case 'age': return [null, String(this.n(19, 88))]
		case 'age90': return ['AGE', String(this.n(90, 104))]
		case 'phone': return ['PHONE', this.phone(form)]
		case 'fax': return ['FAX', this.phone(form)]
		case 'extension': return ['PHONE', this.digits(3) + this.n(1, 9)]
		case 'pager': return ['PHONE', this.digits(4)]
		case 'card4': return ['ACCOUNT', this.digits(4)]
		case 'email': { const p = this.person(form ?? 'pat'); return ['EMAIL', `${ascii(p.first)}.${ascii(p.last)}@${this.of(['gmail.com', 'example.org', 'mail.hospital.example', 'outlook.com'])}`] }
		case 'ssn': return ['SSN', form === 'last4' ? this.digits(4) : form === 'bare' ? this.ssn().replaceAll('-', '') : this.ssn()]
		case 'mrn': return ['MRN', this.of([this.digits(7), this.digits(8), this.alnum(2, 'AEMHS') + this.digits(6), `${this.digits(3)}-${this.digits(2)}-${this.digits(2)}`])]
		case 'mbi': return ['HEALTH_PLAN', this.mbi()]
		case 'member': return ['HEALTH_PLAN', this.alnum(3, 'XYWZHQ') + this.digits(9)]
		case 'group': return ['HEALTH_PLAN', this.digits(6)]
		case 'account': return ['ACCOUNT', this.digits(10)]
		case 'card': return ['ACCOUNT', this.card()]
		case 'npi': return ['LICENSE', this.npi()]
		case 'dea': return ['LICENSE', this.dea()]
		case 'license': return ['LICENSE', this.alnum(1, 'DSHKM') + this.digits(7)]
		case 'vin': return ['VEHICLE', this.vin()]
		case 'plate': return ['VEHICLE', `${this.alnum(3, 'ABCDEFGHJKLMNPRSTUVWXYZ')} ${this.digits(4)}`]
		case 'serial': return ['DEVICE', this.alnum(3, 'PDBSTX') + this.digits(7)]
		case 'mac': return ['DEVICE', Array.from({length: 6}, () => this.alnum(2, '0123456789ABCDEF')).join(':')]
		case 'url': return ['URL', this.of(['https://portal.mercygeneral.example/patient/', 'www.mychart.example.org/u/', 'http://records.stlukes.example/r?id=']) + this.digits(6)]
		case 'ip': return ['IP', `10.${this.n(0, 255)}.${this.n(0, 255)}.${this.n(2, 254)}`]
		case 'claim': return ['ID', this.digits(4) + '-' + this.digits(6)]
		case 'accession': return ['ID', this.alnum(1, 'SCBM') + String(this.n(15, 25)) + '-' + this.digits(5)]
		case 'encounter': return ['ID', this.digits(9)]
		case 'rx': return ['ID', this.digits(7)]
		case 'street': return ['ADDRESS', `${this.n(1, 9800)} ${this.of(STREETS)} ${this.of(SUFFIX)}${this.of(['', '', `, Apt ${this.n(1, 40)}${this.of(['', 'B', 'C'])}`, ` #${this.n(2, 90)}`])}`]
		case 'pobox': return ['ADDRESS', `P.O. Box ${this.n(10, 9999)}`]
		case 'city': return ['CITY', city]
		case 'county': return ['COUNTY', county]
		case 'st': return [null, st]
		case 'state': return [null, state]
		case 'zip': return ['ZIP', zip + this.of(['', '', '-' + this.digits(4)])]
		case 'facility': return ['FACILITY', this.of(FACILITY)]
		/* what looks like an identifier and is none */
		case 'bp': return [null, `${this.n(95, 180)}/${this.n(50, 105)}`]
		case 'lab': return [null, `${this.n(1, 400)}.${this.n(0, 9)}`]
		case 'int': return [null, String(this.n(2, 990))]
		case 'dose': return [null, `${this.of(['5', '10', '20', '25', '40', '50', '81', '100', '250', '325', '500', '875', '1000'])} mg`]
		case 'icd': return [null, this.of(['E11.9', 'I10', 'J44.1', 'M54.50', 'N18.32', 'F41.1', 'K21.9', 'Z79.4', 'I48.91', 'C50.911', 'S72.001A', 'G47.33'])]
		case 'cpt': return [null, this.of(['99213', '99214', '93000', '71046', '80053', '45378', '36415', '97110', '20610', '70553'])]
		case 'loinc': return [null, this.of(['2345-7', '718-7', '4548-4', '2160-0', '6690-2', '33914-3'])]
		case 'ndc': return [null, this.of(['0093-7424-56', '00071-0155-23', '50242-040-62', '0002-8215-01'])]
		case 'snomed': return [null, this.of(['44054006', '38341003', '195967001', '73211009', '254837009'])]
		case 'he': return [null, this.person(form ?? 'pat').female ? 'she' : 'he']
		case 'He': return [null, this.person(form ?? 'pat').female ? 'She' : 'He']
		case 'his': return [null, this.person(form ?? 'pat').female ? 'her' : 'his']
		case 'man': return [null, this.person(form ?? 'pat').female ? 'woman' : 'man']
		case 'Mr': return [null, this.person(form ?? 'pat').female ? this.of(['Ms.', 'Mrs.']) : 'Mr.']
		}
		throw new Error(`slot ${kind}`)
	}
}
