#include "care.h"

#include <string.h>

#include "around.h"

static const char END[] =
	"hospital hospitals hosp clinic clinics infirmary hospice sanatorium sanitarium polyclinic healthcare medcenter vamc umc "
	"hosps medctr";

static const char TRADE[] =
	"pharmacy pharmacies drug drugs lab labs laboratory laboratories imaging radiology diagnostics dialysis orthopaedics "
	"orthopedics orthopaedic orthopedic ortho pediatrics paediatrics peds cardiology dermatology neurology neurosurgery "
	"nephrology urology oncology hematology gastroenterology endocrinology rheumatology pulmonology ophthalmology audiology "
	"podiatry psychiatry psychology gynecology obstetrics obgyn dental dentistry orthodontics endodontics periodontics "
	"optometry optical eyecare eye eyes vision hearing counseling recovery rehab rehabilitation therapy chiropractic "
	"medicine medical surgery surgical wellness health transport transportation ambulance ems fertility anesthesia pathology "
	"allergy spine sport sports birthing care practice school elementary academy college university univ preschool daycare "
	"kindergarten church temple mosque synagogue parish chapel cathedral tabernacle shelter jail prison penitentiary "
	"correctional detention police fire sheriff ministries mission seminary department dept services program programs agency "
	"court learning treatment infusion orphanage dispensary surgicenter schools derm ent gyn surg phys convalescent assisted "
	"asst snf alf ltc nh ecf rcf ltach lodge elem sch hs mortuary crematory cremation funeral convent monastery montessori "
	"apothecary sleep breathing dme shop farmacia clinica cardiac heart kidney lung shoulder elbow infants mobility compounding neurotology otology oms periodontal endodontic midwifery acupuncture perinatal maternity ob mri law endocrine bariatrics urogynecology gastro electrophysiology neuropsychology ophthalmic vascular urgent veterinary "
	"teleradiology neuroradiology dermatopathology hematopathology cytopathology telehealth telemedicine homecare prosthetics orthotics "
	"phlebotomy toxicology hepatology immunology geriatrics neonatology physiatry infusions "
	"shipbuilding storage trucking logistics foods construction roofing plumbing housing "
	"cargo mine mines freight airlines aviation bakery grocery grill cafe diner restaurant tavern pizzeria deli salon motors lumber dairy poultry "
	"manufacturing mfg realty hotel inn motel casino resort shipyard shipyards brewery winery cleaners laundry towing marina campground aquarium library shoe shoes mills technologies enterprises energy bancorp "
	"chancery probate transit coroner hh vna";

static const char BODY[] =
	"charities associates partners specialists consultants physicians group center centre centers ctr institute system "
	"network manor lodge house homes home village villa terrace pavilion residence residences estates living commons campus "
	"foundation facility institution society cooperative authority gardens company corporation corp inc llc assoc grp ltd "
	"pllc llp lp apartments apts tots sprouts acorns scholars collective alliance sons bros brothers kids supply pharmaceuticals ranch farms";

static const char OWN[] =
	"cascade ridge valley river rivers creek lake lakes lakeside lakeshore lakeview oak oaks pine pines cedar cedars maple "
	"elm willow birch cypress magnolia aspen spruce redwood sequoia evergreen meadow meadows prairie canyon mesa desert "
	"coast coastal bay bayview harbor harbour island shore shores ocean beach mountain mountains summit peak pinnacle hill "
	"hills hillside highland highlands heights grove forest woods woodland springs brook brookside bend hollow glen vista "
	"sunrise sunset sunny sunshine horizon autumn harvest liberty heritage legacy pioneer frontier gateway cornerstone "
	"keystone crossroads landmark premier paramount unity harmony hope grace mercy trinity providence charity bethany bethel "
	"bethesda calvary zion sinai samaritan shepherd golden silver copper emerald crystal eagle hawk falcon dove tri- county "
	"metro metropolitan midwest southwest northwest southeast northeast riverside westside eastside northside southside "
	"downtown uptown tidewater piedmont palmetto peninsula barrens sandhills lowcountry upstate panhandle bluegrass ozark tidelands foothills plains";

static const char FAITH[] = "baptist methodist catholic lutheran presbyterian episcopal adventist jewish christian";

/* Also of whom nothing follows about who treats: "Outside Hospital". */
static const char COMMON[] =
	"interventional respiratory palliative physical occupational speech cardiac thoracic vascular plastic critical intensive "
	"nuclear diagnostic therapeutic infectious preventive maxillofacial disease diseases telemetry tele stepdown cath "
	"endoscopy endo preop postop pacu medsurg step floor ward bed bedside home rest birth baseline night noon midnight once "
	"least outside outlying sending transferring accepting admitting nearby tertiary access breast chest brain abdominal "
	"pelvic renal hepatic biliary advanced patient financial billing stat repeat serial interval pertinent relevant initial surgeons obstetricians "
	"gynecologists pathologists radiologists emergency inpatient outpatient ambulatory extended subacute observation "
	"intermediate neonatal labor delivery recreational music art massage radiation hormone drug blood alcohol substance "
	"addiction tobacco smoking weight nutrition pastoral spiritual bereavement crisis safety infection quality risk case "
	"discharge advance spinal point plexus line tube joint triangle level angle area";

static const char SHORT[] = "general memorial mem regional methodist baptist presbyterian deaconess children ame umc lutheran episcopal unitarian pentecostal";
static const char SMALL[] =
	"hospital hosp clinic pharmacy elementary school church jail shelter hospice college university center home rehab "
	"dialysis prison temple academy care hospitals clinics facility";
static const char STAY[] =
	"course day days stay stays visit visits note notes bed admission admissions discharge followup appointment appointments "
	"records";
static const char TOWN[] = "pd fd va mc";
static const char KNOWN[] =
	"mgh bwh bidmc ucsf ucla upmc ohsu mskcc nyp nyu utsw vumc cpmc zsfg chla chkd uams umass permanente vitas amedisys "
	"bayada gentiva healthsouth manorcare";
static const char KNOWN_THERE[] =
	"chop uab uva unc jhh hup tgh bmc uci ucsd mayo kaiser sutter geisinger hopkins davita fresenius labcorp quest cvs "
	"walgreens banner sentara intermountain novant ochsner sanford avera ascension dignity montefiore vanderbilt stanford "
	"duke emory yale baptist methodist presbyterian harborview providence mercy regions parkland ymca ywca lutheran covenant encompass "
	"adventhealth allina atrium baystate beaumont brookdale carilion centura christus essentia froedtert hackensack healthpartners inova jps lahey "
	"lifespan mainehealth marshfield mclaren medstar memorialcare metrohealth multicare musc northwell northshore ohiohealth peacehealth prisma scripps "
	"trihealth uchealth unitypoint vidant virtua wakemed wellspan wellstar wvu arup genpath natera neogenomics bioreference walmart costco kroger publix "
	"hyvee hy-vee heb h-e-b winn-dixie optumrx caremark petco petsmart lowes chick-fil-a mcdonalds mcdonald's wendy's applebee's denny's ikea macy's kohl's sephora verizon comcast halliburton raytheon northrop intel google microsoft oracle cisco ibm honeywell whirlpool goodyear michelin nestle frito-lay smithfield hormel aramark sodexo doordash instacart goodwill wawa sheetz safeway meijer albertsons wegmans amazon boeing caterpillar starbucks tyson cargill";

static const char BRAND[] =
	"peacehealth intermountain upmc ohsu hca metrohealth multicare uchealth adventhealth healthpartners medstar ohiohealth wakemed unitypoint trihealth wellspan mainehealth "
	"froedtert geisinger ochsner novant sentara carilion inova lahey memorialcare northwell wellstar allina integris ssm musc healthsouth bayhealth "
	"optumrx hy-vee h-e-b winn-dixie numotion lifestar lifeflight careflight airlife medflight lifenet airevac "
	"atlanticare caremount concentra lincare apria adapthealth amedisys";
static const char CAMPUS[] = "uc ut unm osu lsu msu iu va fmc fci usp ucla um ku uk uw dci dva rcg fkc ihs";
static const char PAIR[] =
	"pain bone joint skin foot ankle hand hip knee spine eye ear vein nerve brain balance heart lung kidney sport sports palliative vascular breast sleep "
	"allergy asthma head neck";

static const char KIND[] =
	"unit service services ceramics tech middle specialty specialties access transitional throat nose ear neck head inpatient "
	"district oxygen division path psychiatric medctr industries college campus annex wing tower";
static const char LEAD[] =
	"two three four five seven big great greater good green blue red white black gray grey back our the new old high long little upper lower "
	"law convent farmacia clinica islamic";
static const char FIRST[] = "university univ college church polyclinic hospital temple academy md our first port diocese archdiocese town township village city";

static const char AT[] = "at pharm recv hosp";
static const char TO[] = "to from via through into near";
static const char WITH[] = "with by for called w in of outside phoned";
static const char GO[] =
	"welcome transferred transfer transfers xfer admitted admit admission admissions discharged discharge discharges sent "
	"taken transported transport brought flown airlifted returned return returning going go goes went back presented seen "
	"treated works worked working work job employed hospitalized delivered born evaluated followed follow up staying stays "
	"stay stayed resides residing resided lives living lived placement placed accepted performed done obtained drawn "
	"d c dc dialysis rehab student teacher teaches taught volunteers records record labs films report letter notes referral arrived "
	"arrives eval visit visits pt appointment appt procedure cath surgery biopsy scan mri ct echo fill filled picked was "
	"been care intake resident inmate patient enrolled grade junior senior freshman sophomore housed incarcerated held "
	"detained sleeps exam follows";
static const char MOVE[] =
	"transferred transfer transfers xfer admitted admission discharged discharge sent brought flown airlifted transported accepted hospitalized seen evaluated "
	"treated d c dc records";
static const char UNIT[] =
	"icu micu sicu ccu cvicu nicu picu ticu nsicu bicu csicu cticu sticu nccu pacu pcu tcu imu imc dou sdu obs cdu emu hdu msu aru bhu icf irf ecf rcf ltac ltach "
	"ltc snf alf ilf osh csu tele mri mra cta tte tee eeg ekg ecg emg crrt ecmo slp pmr eus ercp hbo xrt ama dnr cmo npo nsr nsh bid tid ofc psych peds onc heme "
	"ortho gyn uro ent derm neuro pulm renal endo vasc opd asc ldr mbu nbn gmf cath ctu ptu clc mhc ucc";
static const char RESIDENT[] = "resident inmate student patient residents pupil graduate member";
static const char GOES[] = "choosing attends attended attending prefers preferred";

size_t care_tail(struct scan *s, size_t end)
{
	size_t at = scan_at(s, end) == ',' ? end + 1 : end, behind;

	if (scan_at(s, at) != ' ' || !is_upper(scan_at(s, at + 1)))
		return end;
	if (lower(scan_at(s, at + 1)) == 'p' && scan_at(s, at + 2) == '.' && (lower(scan_at(s, at + 3)) == 'c' || lower(scan_at(s, at + 3)) == 'a') && scan_at(s, at + 4) == '.')
		return at + 5;
	return lexicon_find(around_word(s, at + 1, &behind))->care & (CARE_BODY | (at > end ? 0 : CARE_TRADE | CARE_END | CARE_SHORT)) ? behind : end;
}

bool care_is_brand(const uint16_t *word, size_t n)
{
	static const char *const ends[] = {"Health", "Flight", "Evac"};
	uint64_t hash = WORD_HASH;

	if (n < 6 || (word[n - 1] != 'h' && word[n - 1] != 't' && word[n - 1] != 'c'))
		return false;
	for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
		size_t m = strlen(ends[k]), i = 0;

		while (n > m + 1 && i < m && word[n - m + i] == (unsigned char)ends[k][i])
			i++;
		if (i < m)
			continue;
		for (i = 0; i < n - m; i++)
			hash = word_hash(hash, lower(word[i]));
		return !is_upper(word[n - m - 1]) && !(word_kinds(hash) & (WORD_GENERIC | WORD_STOP));   /* "BehavioralHealth" */
	}
	return false;
}

size_t care_store_number(struct scan *s, size_t end)
{
	size_t i = end + 2, j = i;

	if (scan_at(s, end) != ' ' || scan_at(s, end + 1) != '#')
		return end;
	while (j < i + 6 && is_digit(scan_at(s, j)))
		j++;
	return j > i && !is_alnum(scan_at(s, j)) ? j : end;
}

bool care_is_numbered(struct scan *s, size_t end)
{
	return scan_at(s, end + (scan_at(s, end) == ' ')) == '#' && care_store_number(s, end) == end;
}

static void add(const char *list, unsigned int care)
{
	for (struct word *word; (word = lexicon_add_next(&list));)
		word->care |= care;
}

void care_fill(void)
{
	static const struct {
		const char *list;
		unsigned int care;
	} lists[] = {
		{END, CARE_END}, {TRADE, CARE_TRADE}, {BODY, CARE_BODY}, {OWN, CARE_OWN}, {FAITH, CARE_FAITH},
		{COMMON, CARE_COMMON}, {KNOWN, CARE_KNOWN}, {KNOWN_THERE, CARE_KNOWN_THERE}, {FIRST, CARE_FIRST}, {AT, CARE_AT},
		{TO, CARE_TO}, {WITH, CARE_WITH}, {GO, CARE_GO}, {GOES, CARE_GOES}, {"the", CARE_THE}, {RESIDENT, CARE_RESIDENT},
		{SHORT, CARE_SHORT}, {KIND, CARE_KIND}, {LEAD, CARE_LEAD}, {SMALL, CARE_SMALL}, {STAY, CARE_STAY}, {TOWN, CARE_TOWN},
		{MOVE, CARE_MOVE}, {UNIT, CARE_UNIT}, {BRAND, CARE_BRAND}, {PAIR, CARE_PAIR}, {CAMPUS, CARE_CAMPUS}, {"for by", CARE_FOR},
		{"employed works worked working work job student teacher teaches", CARE_WORK},
	};
	const char *joints = "of and the for at";

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		add(lists[i].list, lists[i].care);
	for (struct word *word; (word = lexicon_add_next(&joints));)
		word->joint = true;
}
