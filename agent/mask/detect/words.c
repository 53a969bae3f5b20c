/* Words that are no names though they are written like one: sentence openers, headings of notes, answers in a dialogue, credentials. */

#include "scan.h"

static const char STOP[] =
	"a about above abdomen abnormal abuse accompanied account acute address admission admit admitted adult after age agree alert all allergic allergies allergy "
	"also am an and annual any anxiety appears appointment are arrived as asked assessment assistant at attending back be been before behavioral being "
	"below bilateral birth blood both bp breast but by call called can cardiac cardiology care caregiver case cc chart chest chief child chronic "
	"clinic clinical comment complaint complaints condition consult consultation contact continue continued could course ct current currently daily date "
	"daughter day days deceased denied denies department dependent depression dermatology description did diabetes diagnoses diagnosis died discharge discharged "
	"discussed disposition do does dob doctor dose drug due during each ed eats education either electronic emergency encounter endorses er evaluation "
	"every exam examination explained facility family father feels female findings first follow following for fracture from full gender general "
	"gave given good group had has have he head health hello heart her here hi his history home hospital how however hpi husband i if "
	"impression in indication indications initial instructions insurance interval is it its just labs laboratory last left let lives "
	"location long male may medical medication medications medicine member mental mother moderate mr mri mrs ms my name neck negative neurology new next "
	"night no none normal not note notes now number nurse nursing objective of office old on oncology one only operation or order orthopedics other our "
	"out outpatient pain past patient patients pediatric pediatrics pending per pharmacist pharmacy phone physical physician plan please positive "
	"postoperative preoperative presents previous primary prior procedure prof progress provider psychiatric psychiatry pulmonary radiology reason "
	"received recommend recommendation recommendations record referral referred referring regarding regular related relationship report reports resident result "
	"results return returned review right risk routine said sat saw says scheduled see seen service services severe she should show shows sign "
	"signed since sir sister so social soft some son specimen spouse sra srta hon bro stable staff started states status still stop subjective summary surgeon surgery "
	"surgical symptoms take takes team tel telephone temperature test thank thanks that the their them then there therapist therapy these they this three time to today "
	"tolerated tomorrow took treatment trauma triage two type uncertain under unit unknown until up upper urgent urology us use uses was we weight well "
	"went were what when where which while who why wife will with without would yes yesterday you your "
	"january february march april june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec "
	"monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sun sex race id mrn ssn dx rx hx tx pt md "
	"dr drs miss mister madam sir bye nah yep yup uhm huh okey pardon hey mom dad lemme shall overall me i m truly mhm hm wow gosh hang like man cool dang aw ow hah firth don lets "
	"ask lodging camp payer payor payee self remark remarks refs ref summ bari appeals dept xfer recd reqd recert preauth auths addl encl misc "
	"hcpoa many sensing range incidental pap interacts visits subclinical threshold impedance na nka nkda pfizer moderna medtronic novavax christmas thanksgiving halloween easter mmhmm mmm ouch hmmm ok okay sure fine great alright right again maybe well electronically digitally anything nothing something always never um uh oh yeah hmm";

static const char CREDENTIALS[] =
	"dr drs miss mister md do rn np pa pac phd dds dmd dpm dvm lpn lvn cna crna cnm aprn arnp fnp msn bsn pharmd rph pt dpt ot otr slp lcsw licsw lmsw msw psyd "
	"mph mba facs facp facc fache ma ba bs ms rd ldn ccrn ocn cct emt rrt ctr jr sr ii iii iv esq cwocn cswa cocn cwon rpsgt rpft rdms rvt cst aud mt ascp sane nrp aemt flightrn bcba lac lmhc lpcc cadc caadc mbbs frcp frcs ccm ascp od bcps fnpc lmft lpc rnc lmhp lcpc crnp dnp cnp anp agnp pmhnp whnp cpht atc cdces cde lgsw lisw lsw cmhc lcmhc rdcs rvs lmhc cpnp acnp pa-c np-c fnp-c fnp-bc rn-bc np-bc pmhnp-bc agnp-c acnp-bc ccc-slp rnc-ob emt-p emt-b hec-c "
	"cgc lcgc ibclc agacnp agpcnp cpen cnor rnfa crrn chpn faap facog facep facr fascrs fccp mbchb rbt cbis bsw "
	"mpas cota ncc cpft cphon ahnp cohn cpan capa wcc cws lmp cadac icadc chw";

/* Small words inside names: "de la Cruz", "van der Berg". */
static const char PARTICLES[] = "dei degli delle des das los las de la del della van von der den di da dos du le el al bin ibn st y ter ten zu o";

static const char KIN[] =
	"mother father mom dad mum coworker mommy daddy son daughter brother sister wife husband spouse partner aunt uncle cousin niece nephew grandmother "
	"grandfather grandson granddaughter grandma grandpa girlfriend boyfriend fiance fiancee friend neighbor roommate caregiver caretaker guardian "
	"stepmother stepfather stepson stepdaughter interpreter nurse pharmacist midwife coordinator therapist counselor hygienist aide chaplain "
	"surgeon physician oncologist cardiologist neurologist psychiatrist pediatrician dermatologist urologist radiologist pathologist internist "
	"operator prescriber representative proxy passenger poa worker assistant attorney trustee boy girl twin infant named colleague preceptor "
	"children sons daughters siblings kids brothers sisters grandchildren rn lpn lvn cna pct sponsor landlord contractor dtr bf gf husb madre padre hija hijo esposa esposo stepdad stepmom auntie ex";

static const char ADDRESS[] = "hi hello hey dear thank thanks told asked ask tell call calling paged page notified notify informed contacted contact per "
	"nicknamed spelled alias aka regards sincerely welcome signed sees saw seeing met examined remind reminded referring best cheers interviewed counseled reassured instructed "
	"encouraged inform advised okay ok morning afternoon evening";
static const char YOU[] = "you is am m to";
static const char WITH[] = "with by to and from is be am m for w";
static const char MEET[] = "i spoke spoken speak speaking discussed discuss met meet meeting talked talk talking consulted consult reviewed examined visited coordinated "
	"conferred signed dictated accompanied referred seen lives live living this must directed relayed assisted performed written transcribed prepared verified "
	"appt appointment msg message routed off obtained placed ordered rounded called interviewed evaluated follow sent forwarded handed given received left message report d";
static const char PLACE_BEFORE[] = "in from to near at of outside around through";

static const char ADVERB[] = "not also now still never always currently recently previously initially then just again really often usually typically "
	"subsequently later otherwise has";

/* What people are said to be. */
static const char HUMAN[] = "pleasant retired former delightful lovely healthy obese man woman gentleman lady male female boy girl teacher veteran smoker nonsmoker "
	"widow widower widowed married divorced single student nurse lawyer farmer driver teenager toddler infant newborn child adolescent";

static const char WHOSE[] = "a an the his her who whose our my";

static const char VERB[] =
	"requests requested recalls recalled admits appreciates prefers preferred hopes hoped enjoys enjoyed expressed expresses visited visits met meets studied "
	"retired divorced vomited voided urinated coughed cried cries laughed yelled yells screamed fainted collapsed tripped slipped suffered suffers experienced "
	"experiences wishes wished chose elected opted decided tries tried wears wore sits stood learned forgot forgets remembered loves likes hates wonders replied "
	"replies answered answers claims claimed insisted insists apologized nodded smiled texted emailed messaged graduated emigrated immigrated enlisted reviewed "
	"performed assisted prescribed assessed recommended saw accompanied helped follows exclaimed whispered shook turned sang cooks cooked drinks gets got "
	"spent shouted began said says saying states stated reports reported denies denied complains complained presents presented calls called refuses refused tolerated "
	"ambulated ambulates lives lived works worked agrees agreed asks asked tells told went goes came comes arrived arrives returned returns wants wanted feels "
	"felt endorses endorsed woke wakes slept sleeps ate eats drank drinks took takes understands understood verbalized verbalizes walked walks weighs "
	"smokes smoked underwent needs believes believed thinks thought noticed notices fell moved hung drew sutured took wrote writes "
	"consents consented declines declined voiced describes mentions mentioned quit rated rates remembers plays "
	"attended attends married explained recommends examined consulted dictated signed phoned "
	"brought drove drives asks followed spoke speaks knows knew";

static const char BE[] = "is ll was has had will would can could been be were are does did may should must appears appeared seems seemed remains remained looks looked";

static const char PARTICIPLE[] =
	"seen admitted discharged born brought given started told asked referred transferred diagnosed evaluated called taken treated here able happy "
	"scheduled examined advised counseled counselled instructed informed notified hospitalized intubated extubated able alert awake unable coughing "
	"comfortable afebrile sedated nonverbal combative agitated cooperative confused lethargic drowsy arousable asymptomatic unresponsive hungry homeless "
	"bathed fed repositioned cleared readmitted weaned taught educated reassured bedbound ambulatory independent present adopted raised struck shot "
	"stabbed assaulted bitten unconscious deceased pleasant oriented sleepy "
	"vomiting complaining feeling doing having taking living working overcome due ready well stable improving better tired anxious upset tearful ambulating eating "
	"sleeping asked accompanied interviewed consented prepped placed consulted paged married single widowed divorced retired unemployed employed "
	"from originally in back coming going called concerned pregnant moved lost worried pleased agreeable comfortable resting";

static const char THING[] =
	"disease diseases syndrome syndromes sign signs test tests testing palsy catheter catheters tube tubes drain drains procedure procedures position maneuver "
	"maneuvers manoeuvre lymphoma cell cells score scores scale criteria fracture fractures cyst cysts virus viruses chromosome fever method classification stage "
	"staging grade reflex reflexes incision technique solution dialysis encephalopathy encephalitis phenomenon antibodies antibody rings body bodies foot implant implants "
	"needle clamp forceps retractor suture sutures ligament tendon canal duct artery vein nerve ganglion gland tumor tumour sarcoma disorder "
	"chorea ataxia anemia thyroiditis contracture deformity nodes node murmur respirations agitation index formula equation rule law "
	"knee hip ankle spur esophagus diverticulum hernia repair operation resection bypass shunt stent valve graft mesh screw rod rods plate "
	"stain smear culture agar medium cream lotion ointment tablets capsule capsules capsule drug pill shampoo soap spray inhaler "
	"hospital clinic center medical county street avenue road university college institute foundation association society study trial "
	"point triangle angle space pouch junction fossa plexus fascia recess membrane island ring "
	"mom care spotted level grade class tooth neuroma paralysis aphasia drainage inventory rating stages ratio drain trial watch sutures balance protocol habitus "
	"hematoma ulcer lesion line lines block wave waves criterion scan lung blood pressure fracture wires wire frame brace splint boot collar nomogram wort";

/* Tests, tubes and diseases that are called by their finders' names alone. */
static const char EPONYM[] =
	"hohmann paris weitlaner adson gelpi balfour deaver senn kerrison "
	"barbeau papile cowden foley holter whipple braden glasgow apgar gleason doppler bovie babinski hoffman hoffmann romberg trendelenburg killip mallampati "
	"penrose hickman swan lachman phalen tinel spurling mcmurray finkelstein neer kernig brudzinski homans homan gram mohs nissen roux "
	"billroth kocher hodgkin parkinson alzheimer crohn cushing addison hashimoto sjogren raynaud marfan wernicke charcot kawasaki paget "
	"ewing wilms burkitt dupuytren barrett mallory zenker schatzki meckel colles salter lisfranc folstein epworth ringer hartmann rinne "
	"kegel epley valsalva kirschner steinmann yankauer ommaya bair forrest truelove pugh rutherford fontaine schober ballard downe "
	"downes malecot broca horner tensilon mantoux schirmer snellen ishihara amsler seidel koplik virchow janeway osler quincke "
	"heberden bouchard bunnell froment jobe yergason apley ortolani galeazzi gaenslen stinchfield mcburney rovsing courvoisier "
	"trousseau chvostek lasegue mosteller friedewald cockcroft foster "
	"mcconnell hadlock steinberg fisch hollenhorst pfannenstiel rentrop fuchs ranawat "
	"raschke mahurkar rolando maisonneuve lauge gartland schatzker frykman pauwels "
	"bankart bristow latarjet akin lapidus chopart denis spetzler wfns fazekas schaltenbrand hoehn yahr ashworth "
	"fugl tinetti zarit yesavage ranson maddrey rockall "
	"blatchford gomella breslow spitz sokal durie deauville ipss giemsa prussian papanicolaou "
	"bartholin naboth cowper wharton vater oddi treitz hirschsprung bochdalek morgagni spigelian littre amyand "
	"bassini shouldice lichtenstein nuss ravitch fallot ebstein eisenmenger brugada mobitz wenckebach lown "
	"kussmaul cheyne biot hamman duroziez corrigan traube kerley westermark chaddock gowers "
	"jacksonian lennox gastaut eaton guillain huntington creutzfeldt gaucher fabry pompe tay niemann hurler "
	"klinefelter angelman prader patau noonan alport goodpasture berger henoch behcet takayasu buerger felty reiter "
	"bartter gitelman liddle peutz ogilvie boerhaave dieulafoy meigs asherman sheehan "
	"mcroberts braxton nitrazine coombs kleihauer schiotz goldmann bruch descemet bowman schlemm "
	"schwabach hallpike semont caldwell lefort mcgill macintosh cormack lehane";

/* Of the words of STOP those that people are called, too. */
static const char ALSO_NAME[] = "camp case day long may will good head april june august jan ed";
static const char MONTH[] = "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec enero febrero marzo abril junio julio agosto septiembre octubre noviembre diciembre";
static const char PLACE_FIRST[] = "eastern western northern southern central north south east west new san santa saint st fort port mount mt lake el las los united taco kansas great little";
/* Behind whose colon stands what they say, or have. */
static const char SPEAKER[] = "patient doctor pt nurse mother father family wife husband son daughter brother sister mom dad guest clinician dr client caller "
	"spouse parent to from re subject display aunt uncle child friend cousin niece nephew roommate boyfriend girlfriend grandma grandpa neighbor hi hello thanks ortho peds";

/* Services and trades, before the surname of who is of them. */
static const char SERVICE[] = "peds neph nephro renal ortho cards cardiology neuro neurosurgery surg surgery onc heme hematology ent gi gyn ob obgyn uro psych "
	"derm rheum pulm endo id ir anesthesia anes hospitalist im fm ed er icu micu sicu nicu picu vascular podiatry plastics palliative rads path attending "
	"fellow intern consultant scrub rcis tech emt called rounded cc pcp team crew otr provider md np pa supervisor "
	"manager director dietitian psychologist dentist optometrist podiatrist endocrinologist plaintiff defendant decedent claimant caseworker po atty consult consulted texted emailed messaged "
	"discussed see rtc doc";
static const char ABBREVIATED[] = "wm jos chas geo thos robt jas benj danl saml edw fredk";
static const char BESIDE[] = "pcp attending surgeon spouse hcp nok fob mob poa client prescriber";
static const char ROLE[] = "patient pt subscriber member victim driver passenger client resident insured policyholder beneficiary applicant bb bg";
static const char HAVE[] = "had has have";
static const char ARTICLE[] = "a an no the some this that my your any every each";
static const char NUMBER[] = "mr mrn dob ssn age id";
static const char ROMAN[] = "ii iii iv vi vii viii ix";

static const char YEARS[] = "year years yr yrs yo y anos";
static const char DATE_BEFORE[] =
	"note on since until till dated starting beginning effective seen admit admitted admission discharge discharged doa dos doi lmp edd edc appt "
	"appointment rtc rtw soc roc lkw mmi due signed collected received recd expires exp wk week birthday visit born birth dob dod date";
static const char DAY[] =
	"thru through after before by ending past visits visited last next call called calls fu appts eta doc adm admits dc dced c d "
	"u dispo addendum addended notes letter message labs lab cx bcx ucx culture cultures drawn echo tte tee cxr kub ct cta mri "
	"mra mrcp pet eeg ekg ecg xray ray us ultrasound mammogram mammo dexa colonoscopy egd ercp cath biopsy bx path scan imaging "
	"film films ua study exam eval consult out removed placed inserted pulled changed extubated intubated transfused reintubated "
	"transferred bm started starts start stop stopped stops resumed ended ends fell died expired passed booster shot vaccine "
	"vaccinated tdap flu influenza shingrix prevnar covid surgery onset began begun dx dxd sx occurred happened filled refilled "
	"refill sent faxed mailed arrived returned returns return mon tue tues wed weds thu thur thurs fri monday tuesday wednesday "
	"thursday friday saturday sunday scheduled rescheduled canceled cancelled approved denied updated revised reviewed dictated "
	"yesterday today tomorrow tonight assessment triage try attempt given pickup pick pend valid since "
	"transcribed entered dates check clinic neg negative pos positive entry eff recheck closed opened reopened completed performed done op postop preop "
	"sched resched swap swapped missed reschedule cx cxd noshow dispensed delivered shipped renewed rpt repeat recertified surveyed enrolled";
static const char DAY_CUE[] = "from to through thru by before after between last next into versus vs";
static const char HOLIDAY[] =
	"christmas thanksgiving easter halloween hanukkah chanukah ramadan passover diwali juneteenth kwanzaa xmas eid navidad";
static const char SEASON[] = "spring summer fall autumn winter";
/* Behind these stands a score that could be a day by its value, or a part: "MoCA 12/30", "H/H 10/30", "page 2/11". */
static const char SCORE[] =
	"phq nottingham iddsi fois sppb flacc faces pps kps ecog rancho fim bims hads madrs pcl isi ess curb meld sofa apache news mews pews cpot rass gtt mic "
	"phq gad moca mmse slums gcs gds epds audit act nihss braden morse ciwa cows barthel berg tinetti apgar apgars wells score scores scored total points "
	"day days page pages slide cycle session sessions treatment treatments fraction fractions tx part step item items question questions level "
	"h hct hgb bun ast alt inr ptt rr hr bp peep bipap cpap ipap epap settings ratio room rm bed unit apt suite ste od os ou va acuity vision tooth teeth "
	"ps psv lot ages aged grade stage type class rated rates pain strength recall version v";
static const char SHARE[] =
	"strength murmur sem systolic diastolic pain ns of tab tabs tablet tablets cap caps capsule capsules pill pills pack packs ppd inch inches cm mm mg mcg "
	"ml cc gm lb lbs kg l oz feet ft meals meal nodes node lymph cores positive week weeks wk wks day days month months mo yr yrs year years hour hours hr hrs "
	"min mins minute minutes times time mile miles cup cups scale full way strengths vision od os ou sessions visits items treatments fractions cycles doses "
	"dose drops puffs units severity intensity dilution hpf needle screw ago points point throughout bilaterally bilat ratio split strips beats pulses "
	"degrees degree percent cells cell solution reads million bpm bid tid qid qd qhs trials nares leads lead cuffs quadrants samples eyes ears reflexes recall bowl glass sedentary people patients pts bites";
static const char OWN[] = "her his their my your our";
static const char SUBJECT[] = "i who grandparent parent he she patient pt mother father mom dad grandmother grandfather grandma grandpa aunt uncle wife husband sister brother";
static const char DIED[] = "died d deceased passed away expired dying death lived living";
static const char AFTER_AGE[] = "and now but so who when today yo soon already still herself himself come next this";
static const char VITAL[] =
	"t temp temps temperature tmax febrile fever hr bp rr pulse p sat sats spo2 spo o2 oxygen glucose sugar bg bs fsbg cr creat creatinine hgb plt platelets wbc wt weight map";
static const char BORN[] = "born b yob dob birth nacido nacida nac";
static const char PERIOD[] =
	"in since last this past until till through thru from by early late mid of during next before after between and to end beginning middle around "
	"approximately over";

static const char AGE[] = "year years yr yrs yo month months mo week weeks day days y";

static const char SMALL_WORD[] = "sky moon kelvin newton stormy rocky misty dusty rusty opal ping pong guy gun love jack ivy alta toma era kitty champ guess stack steer veer goodness bolt chip echo sonny buddy";

static const char STATE[] = "alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho illinois indiana iowa kansas "
	"kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada ohio oklahoma oregon pennsylvania "
	"tennessee texas utah vermont virginia washington wisconsin wyoming america africa asia europe china india mexico israel jordan cuba haiti kenya "
	"christian islam asian latin english german american british chad germany tanzania france spain italy poland russia ukraine vietnam korea japan pakistan "
	"bangladesh nepal iran iraq syria turkey egypt nigeria ghana ethiopia somalia eritrea sudan congo uganda rwanda senegal morocco algeria tunisia libya "
	"philippines thailand indonesia malaysia singapore brazil argentina colombia venezuela peru chile ecuador bolivia paraguay uruguay guatemala honduras "
	"nicaragua panama belize jamaica trinidad barbados guyana portugal greece sweden norway denmark finland iceland holland netherlands belgium austria "
	"switzerland hungary romania bulgaria serbia croatia slovenia slovakia bosnia albania latvia lithuania estonia ireland scotland wales england canada "
	"australia zealand taiwan cambodia laos burma myanmar afghanistan lebanon kuwait yemen oman qatar armenia azerbaijan kazakhstan uzbekistan mongolia "
	"cameroon angola mozambique zimbabwe zambia malawi liberia gambia mali niger togo benin cuban mexican puerto rican dominican haitian jamaican "
	"brazilian colombian salvadoran guatemalan honduran peruvian italian french spanish polish irish scottish welsh dutch swedish norwegian danish "
	"finnish swiss austrian hungarian romanian bulgarian serbian croatian greek turkish russian ukrainian chinese japanese korean vietnamese filipino thai "
	"indian pakistani nepali iranian persian iraqi syrian lebanese egyptian moroccan nigerian ghanaian ethiopian somali sudanese kenyan hispanic latino "
	"latina caucasian jewish catholic muslim hindu buddhist protestant lutheran baptist methodist";

static const char UNIT[] = "one two three four five six seven eight nine";
static const char ORDINAL[] = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
	"seventeenth eighteenth nineteenth twentieth thirtieth";
static const char TENS[] = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty";
static const char WEEKDAY[] = "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur thurs fri sat sun "
	"lunes martes miercoles jueves viernes sabado domingo";

static const char STREET[] =
	"street st avenue ave av road rd lane ln drive dr boulevard blvd court ct way place pl terrace ter terr hill hills ctr parkway pkwy circle cir highway hwy square sq trail trl "
	"alley loop plaza plz crossing xing turnpike tpke pike row path ridge run crescent cres expressway freeway route grove close mews gardens green hollow bend cove glen trace bluff landing meadows overlook knoll pointe chase promenade "
	"esplanade concourse heights estates quay wynd wharf bypass pk extension fork";
static const char LIVES[] = "lives live lived living resides reside resided residing moved moving moves relocated located located address stays staying stayed found born raised traveled "
	"county parish travel travelling traveling grew raised travelled flew here back relocating commutes drove visiting originally resident native home";
static const char SENT[] = "return returned ship shipped mail mailed send sent deliver delivered forward forwarded taxi cab meet me us you off";
static const char DIRECTION[] = "n s e w ne nw se sw north south east west northeast northwest southeast southwest";
static const char PROVINCE[] = "on qc bc ab mb sk ns nb nl pe yt ontario quebec alberta manitoba saskatchewan columbia nsw vic qld tas act wa sa nt";

/* Kinds of streets in other languages. */
static const char ROAD_FIRST[] = "rue avenue chemin impasse allee quai calle avenida avda carrer paseo camino calzada carretera callejon via viale corso piazza vicolo "
	"largo rua travessa praca estrada alameda ulica ul aleja al strada bulevardul jalan jl boulevard plaza callejon calz prolongacion rruga";
static const char ROAD_LAST[] = "utca u ut ter korut ulice trg gate gata vei vag cesta cesty sokak caddesi terrasse tie katu weg laan plein strasse allee platz "
	"nam namesti";
static const char GENERIC[] =
	"med reg gen mem'l conv sr dist community general regional county city state university memorial medical family pain eye heart women children emergency urgent outpatient inpatient local "
	"district public private veterans veteran secondary graduate law business va rural teaching children's women's walk in day surgery surgical rehabilitation rehab nursing health care dialysis cancer "
	"primary internal medicine mental behavioral wound sleep hand spine foot skin dental vision hearing travel allergy asthma diabetes cardiology oncology neurology "
	"orthopedic orthopedics dermatology urology gastroenterology endocrinology rheumatology pulmonary renal transplant trauma birth birthing maternity "
	"high middle elementary grade sunday catholic baptist methodist lutheran presbyterian junior free charter night medication specialty hospital clinic "
	"orthopaedic orthopaedics dental genetics genomics vaccination sports compounding mail order retail nursing skilled homeless correctional detention "
	"pediatric pediatrics geriatric psychiatric psychiatry infusion anticoagulation coumadin heart failure memory stroke fracture burn wellness fitness community "
	"senior retirement assisted group adult foster long term acute skilled the our this that an another same other new old main";

static void add(const char *list, word_set kind, unsigned int number)
{
	for (struct word *word; (word = lexicon_add_next(&list));) {
		word->kinds |= kind;
		word->numbers = (uint16_t)(word->numbers | number);
	}
}

void words_fill(void)
{
	static const struct {
		const char *list;
		word_set kind;
	} lists[] = {
		{STOP, WORD_STOP}, {CREDENTIALS, WORD_CREDENTIAL}, {PARTICLES, WORD_PARTICLE}, {KIN, WORD_KIN}, {ADDRESS, WORD_ADDRESS}, {YOU, WORD_YOU},
		{WITH, WORD_WITH}, {MEET, WORD_MEET}, {PLACE_BEFORE, WORD_PLACE_BEFORE}, {VERB, WORD_VERB}, {BE, WORD_BE}, {PARTICIPLE, WORD_PARTICIPLE},
		{THING, WORD_THING}, {AGE, WORD_AGE}, {YEARS, WORD_YEARS}, {DATE_BEFORE, WORD_DATE_BEFORE}, {STREET, WORD_STREET},
		{LIVES, WORD_LIVES}, {SENT, WORD_SENT}, {"in near", WORD_IN}, {"from", WORD_FROM}, {"by", WORD_BY}, {"on at near along off", WORD_ON},
		{"county parish borough", WORD_COUNTY}, {GENERIC, WORD_GENERIC}, {STATE, WORD_STATE},
		{ROLE, WORD_ROLE}, {HAVE, WORD_HAVE}, {ARTICLE, WORD_ARTICLE}, {NUMBER, WORD_NUMBER}, {ROMAN, WORD_ROMAN},
		{DAY, WORD_DAY}, {DAY_CUE, WORD_DAY_CUE}, {SCORE, WORD_SCORE}, {SHARE, WORD_SHARE}, {HOLIDAY, WORD_HOLIDAY}, {SEASON, WORD_SEASON}, {OWN, WORD_OWN},
		{SUBJECT, WORD_SUBJECT}, {DIED, WORD_DIED}, {BORN, WORD_BORN}, {AFTER_AGE, WORD_AFTER_AGE}, {VITAL, WORD_VITAL}, {"is s was m am be been reached", WORD_IS}, {PERIOD, WORD_PERIOD},
		{ROAD_FIRST, WORD_ROAD_FIRST}, {ROAD_LAST, WORD_ROAD_LAST},
		{"and", WORD_AND}, {EPONYM, WORD_EPONYM}, {SPEAKER, WORD_SPEAKER}, {WHOSE, WORD_WHOSE}, {"twin triplet", WORD_TWIN},
		{PROVINCE, WORD_PROVINCE}, {SMALL_WORD, WORD_SMALL}, {DIRECTION, WORD_DIRECTION}, {ADVERB, WORD_ADVERB},
		{"negative positive normal equivocal pending", WORD_RESULT},
		{HUMAN, WORD_HUMAN}, {BESIDE, WORD_BESIDE}, {SERVICE, WORD_SERVICE}, {ABBREVIATED, WORD_ABBREVIATED},
		 {ALSO_NAME, WORD_ALSO_NAME}, {MONTH, WORD_MONTH}, {PLACE_FIRST, WORD_PLACE_FIRST},
	}, number_lists[] = {
		{UNIT, NUMBER_UNIT}, {ORDINAL, NUMBER_ORDINAL}, {TENS, NUMBER_TENS}, {"ninety", NUMBER_NINETY}, {"one a", NUMBER_ONE},
		{"hundred", NUMBER_HUNDRED}, {"the", NUMBER_THE}, {"and", NUMBER_AND}, {"old of young", NUMBER_OLD}, {"nonagenarian nonagenarians centenarian centenarians nineties", NUMBER_AGED},
		{"forty fifty sixty seventy eighty", NUMBER_FORTY}, {"thousand", NUMBER_THOUSAND}, {HOLIDAY, NUMBER_DAY}, {SEASON, NUMBER_DAY},
		{"new labor memorial veterans valentine valentines independence mother mothers father fathers presidents columbus", NUMBER_DAY},
		{"q1 q2 q3 q4", NUMBER_DAY}, {"rr hc hcr rfd po pob apt", NUMBER_ROUTE}, {WEEKDAY, NUMBER_WEEKDAY},
	};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		add(lists[i].list, lists[i].kind, 0);
	for (size_t i = 0; i < sizeof number_lists / sizeof *number_lists; i++)
		add(number_lists[i].list, 0, (unsigned int)number_lists[i].kind);
}
