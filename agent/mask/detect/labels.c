/* Words that tell what the value behind them is, in one table. */
#include "labels.h"

#include "lexicon.h"

#include <string.h>

/* Up to three words, joined by single spaces; case, and signs between the words, do not count. */
static const struct known_label LABELS[] = {
	{"ssn", LABEL_SSN, FAR}, {"ss", LABEL_SSN, MARK}, {"social security", LABEL_SSN, FAR}, {"soc sec", LABEL_SSN, 0},
	{"s s n", LABEL_SSN, 0}, {"social", LABEL_SSN, 0}, {"itin", LABEL_SSN, 0}, {"tin", LABEL_SSN, 0},
	{"l4ssn", LABEL_SSN, 0}, {"ssn4", LABEL_SSN, 0}, {"seguro social", LABEL_SSN, 0}, {"ssnlast4", LABEL_SSN, 0},
	{"last four", LABEL_SSN, 0}, {"last 4", LABEL_SSN, 0}, {"last4", LABEL_SSN, 0}, {"your social", LABEL_SSN, FAR}, {"my social", LABEL_SSN, FAR}, {"ssns", LABEL_SSN, LIST},

	{"mrn", LABEL_MRN, FAR}, {"mrn number", LABEL_MRN, 0}, {"emrn", LABEL_MRN, 0}, {"medical record", LABEL_MRN, FAR},
	{"m r n", LABEL_MRN, 0}, {"mrns", LABEL_MRN, 0}, {"medrec", LABEL_MRN, 0}, {"record", LABEL_MRN, MARK | NEAR}, {"records", LABEL_MRN, MARK},
	{"wristband", LABEL_MRN, MARK | NEAR}, {"expediente", LABEL_MRN, 0}, {"historia clinica", LABEL_MRN, MARK},
	{"patient identifier", LABEL_MRN, 0}, {"medical file", LABEL_MRN, MARK}, {"identifier", LABEL_ID, MARK},
	{"med rec", LABEL_MRN, 0}, {"medical rec", LABEL_MRN, 0}, {"medical records", LABEL_MRN, MARK},
	{"record number", LABEL_MRN, 0}, {"record no", LABEL_MRN, 0}, {"chart", LABEL_MRN, MARK | NEAR},
	{"hospital number", LABEL_MRN, 0}, {"hospital no", LABEL_MRN, 0}, {"hosp no", LABEL_MRN, 0},
	{"patient id", LABEL_MRN, 0}, {"patient number", LABEL_MRN, 0}, {"patient no", LABEL_MRN, 0},
	{"pt id", LABEL_MRN, 0}, {"mr no", LABEL_MRN, 0}, {"mr number", LABEL_MRN, 0}, {"mr num", LABEL_MRN, 0},
	{"medical number", LABEL_MRN, 0}, {"pt no", LABEL_MRN, 0},
	{"pt number", LABEL_MRN, 0}, {"pat id", LABEL_MRN, 0}, {"hospital id", LABEL_MRN, 0}, {"hosp id", LABEL_MRN, 0},
	{"pid", LABEL_MRN, MARK}, {"empi", LABEL_MRN, 0}, {"mpi", LABEL_MRN, MARK}, {"enterprise id", LABEL_MRN, 0},
	{"clinic number", LABEL_MRN, 0}, {"unit number", LABEL_MRN, 0}, {"unit no", LABEL_MRN, 0},
	{"mr", LABEL_TITLE, LIST}, {"band", LABEL_MRN, MARK | NEAR},

	{"member", LABEL_HEALTH_PLAN, MARK | NEAR}, {"mem id", LABEL_HEALTH_PLAN, 0}, {"subscriber", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"policy", LABEL_HEALTH_PLAN, MARK | NEAR}, {"group", LABEL_HEALTH_PLAN, MARK | NEAR}, {"beneficiary", LABEL_HEALTH_PLAN, 0},
	{"medicare", LABEL_HEALTH_PLAN, 0}, {"medicaid", LABEL_HEALTH_PLAN, 0}, {"mbi", LABEL_HEALTH_PLAN, 0},
	{"hic", LABEL_HEALTH_PLAN, 0}, {"hicn", LABEL_HEALTH_PLAN, 0}, {"insurance", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"cardholder", LABEL_HEALTH_PLAN, MARK | NEAR}, {"plan id", LABEL_HEALTH_PLAN, 0}, {"rxgrp", LABEL_HEALTH_PLAN, 0},
	{"rx grp", LABEL_HEALTH_PLAN, 0}, {"payer id", LABEL_HEALTH_PLAN, 0}, {"health plan", LABEL_HEALTH_PLAN, MARK},
	{"ins", LABEL_HEALTH_PLAN, MARK}, {"mbr", LABEL_HEALTH_PLAN, MARK | NEAR}, {"grp", LABEL_HEALTH_PLAN, MARK | NEAR | SHORT},
	{"bcbs", LABEL_HEALTH_PLAN, MARK | NEAR}, {"dbn", LABEL_HEALTH_PLAN, MARK}, {"rxid", LABEL_HEALTH_PLAN, 0},
	{"rx id", LABEL_HEALTH_PLAN, 0}, {"nhs", LABEL_HEALTH_PLAN, MARK}, {"ohip", LABEL_HEALTH_PLAN, MARK}, {"ohp", LABEL_HEALTH_PLAN, MARK | NEAR}, {"bcbstx", LABEL_HEALTH_PLAN, MARK | NEAR}, {"bcbsil", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"bcbsnc", LABEL_HEALTH_PLAN, MARK | NEAR}, {"bcbsma", LABEL_HEALTH_PLAN, MARK | NEAR}, {"bcbsm", LABEL_HEALTH_PLAN, MARK | NEAR}, {"bcbsfl", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"x group", LABEL_HEALTH_PLAN, MARK | NEAR}, {"rx group", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"champus", LABEL_HEALTH_PLAN, MARK}, {"champva", LABEL_HEALTH_PLAN, MARK}, {"tricare", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"medi cal", LABEL_HEALTH_PLAN, MARK | NEAR}, {"health card", LABEL_HEALTH_PLAN, 0}, {"phn", LABEL_HEALTH_PLAN, MARK},
	{"poliza", LABEL_HEALTH_PLAN, MARK}, {"sub id", LABEL_HEALTH_PLAN, 0},
	{"hic no", LABEL_HEALTH_PLAN, 0}, {"afiliado", LABEL_HEALTH_PLAN, MARK},
	{"aetna", LABEL_HEALTH_PLAN, MARK | NEAR}, {"cigna", LABEL_HEALTH_PLAN, MARK | NEAR}, {"humana", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"uhc", LABEL_HEALTH_PLAN, MARK | NEAR}, {"kaiser", LABEL_HEALTH_PLAN, MARK | NEAR}, {"recipient", LABEL_HEALTH_PLAN, MARK},
	{"masshealth", LABEL_HEALTH_PLAN, MARK}, {"tenncare", LABEL_HEALTH_PLAN, MARK}, {"group number", LABEL_HEALTH_PLAN, 0},

	{"account", LABEL_ACCOUNT, MARK | NEAR}, {"account number", LABEL_ACCOUNT, FAR}, {"policy number", LABEL_HEALTH_PLAN, FAR},
	{"member number", LABEL_HEALTH_PLAN, FAR}, {"claim number", LABEL_ID, FAR}, {"acct", LABEL_ACCOUNT, MARK | NEAR}, {"iban", LABEL_ACCOUNT, 0},
	{"routing", LABEL_ACCOUNT, 0}, {"rtg", LABEL_ACCOUNT, 0}, {"sav", LABEL_ACCOUNT, MARK | NEAR}, {"aba", LABEL_ACCOUNT, 0}, {"card", LABEL_ACCOUNT, MARK},
	{"credit card", LABEL_ACCOUNT, 0}, {"debit card", LABEL_ACCOUNT, 0}, {"card number", LABEL_ACCOUNT, 0},
	{"bank account", LABEL_ACCOUNT, 0}, {"swift", LABEL_ACCOUNT, MARK}, {"accounts", LABEL_ACCOUNT, MARK},
	{"visa", LABEL_ACCOUNT, MARK}, {"carecredit", LABEL_ACCOUNT, MARK}, {"mastercard", LABEL_ACCOUNT, MARK}, {"mc", LABEL_ACCOUNT, MARK},
	{"amex", LABEL_ACCOUNT, MARK}, {"discover", LABEL_ACCOUNT, MARK}, {"a c", LABEL_ACCOUNT, MARK},
	{"checking", LABEL_ACCOUNT, MARK}, {"savings", LABEL_ACCOUNT, MARK}, {"har", LABEL_ACCOUNT, MARK | NEAR},
	{"fin", LABEL_ACCOUNT, MARK | NEAR}, {"cuenta", LABEL_ACCOUNT, MARK}, {"tarjeta", LABEL_ACCOUNT, MARK},

	{"npi", LABEL_LICENSE, 0}, {"dea", LABEL_LICENSE, 0}, {"license", LABEL_LICENSE, 0}, {"licence", LABEL_LICENSE, 0},
	{"lic", LABEL_LICENSE, 0}, {"upin", LABEL_LICENSE, 0}, {"dl", LABEL_LICENSE, MARK | NEAR},
	{"cdl", LABEL_LICENSE, MARK | NEAR}, {"d l", LABEL_LICENSE, MARK | NEAR}, {"clia", LABEL_LICENSE, MARK}, {"ccn", LABEL_LICENSE, MARK}, {"ptan", LABEL_LICENSE, 0}, {"caqh", LABEL_LICENSE, 0},
	{"ncpdp", LABEL_LICENSE, MARK}, {"gmc", LABEL_LICENSE, MARK}, {"licencia", LABEL_LICENSE, MARK},
	{"licenses", LABEL_LICENSE, MARK}, {"state id", LABEL_LICENSE, 0},
	{"certificate", LABEL_LICENSE, MARK}, {"certification", LABEL_LICENSE, MARK},

	{"vin", LABEL_VEHICLE, FAR}, {"plate", LABEL_VEHICLE, 0}, {"license plate", LABEL_VEHICLE, 0},
	{"licence plate", LABEL_VEHICLE, 0}, {"plates", LABEL_VEHICLE, 0}, {"lic plate", LABEL_VEHICLE, 0},
	{"tag", LABEL_VEHICLE, MARK | NEAR}, {"tags", LABEL_VEHICLE, MARK}, {"license tag", LABEL_VEHICLE, 0},
	{"vehicle", LABEL_VEHICLE, MARK | NEAR}, {"registration", LABEL_VEHICLE, MARK | NEAR}, {"tag number", LABEL_VEHICLE, 0}, {"reg", LABEL_VEHICLE, MARK | NEAR}, {"atty reg", LABEL_LICENSE, 0}, {"bar no", LABEL_LICENSE, 0},
	{"pl", LABEL_VEHICLE, MARK | NEAR}, {"tail no", LABEL_VEHICLE, 0}, {"tail number", LABEL_VEHICLE, 0}, {"hull", LABEL_VEHICLE, MARK | NEAR},
	{"van", LABEL_VEHICLE, MARK | NEAR}, {"car", LABEL_VEHICLE, MARK | NEAR}, {"truck", LABEL_VEHICLE, MARK | NEAR}, {"suv", LABEL_VEHICLE, MARK | NEAR},
	{"placard", LABEL_VEHICLE, MARK | NEAR}, {"placa", LABEL_VEHICLE, MARK | NEAR}, {"placas", LABEL_VEHICLE, MARK},

	{"serial", LABEL_DEVICE, 0}, {"serial number", LABEL_DEVICE, 0}, {"serial lot", LABEL_DEVICE, 0}, {"s n", LABEL_DEVICE, 0}, {"sn", LABEL_DEVICE, 0},
	{"ser", LABEL_DEVICE, 0}, {"gtin", LABEL_DEVICE, 0}, {"implant", LABEL_DEVICE, MARK},
	{"generator", LABEL_DEVICE, MARK | NEAR}, {"pump", LABEL_DEVICE, MARK}, {"udi", LABEL_DEVICE, 0},
	{"device id", LABEL_DEVICE, 0}, {"device", LABEL_DEVICE, MARK | NEAR}, {"imei", LABEL_DEVICE, 0}, {"mac", LABEL_DEVICE, 0},
	{"mac address", LABEL_DEVICE, 0}, {"scope id", LABEL_DEVICE, 0}, {"udid", LABEL_DEVICE, 0},
	{"udi di", LABEL_DEVICE, 0}, {"device identifier", LABEL_DEVICE, 0}, {"asset", LABEL_DEVICE, MARK | NEAR},
	{"asset tag", LABEL_DEVICE, 0}, {"transmitter", LABEL_DEVICE, MARK | NEAR}, {"sensor", LABEL_DEVICE, MARK},
	{"imsi", LABEL_DEVICE, 0}, {"meid", LABEL_DEVICE, 0}, {"iccid", LABEL_DEVICE, 0}, {"serie", LABEL_DEVICE, MARK},

	{"fingerprint", LABEL_BIOMETRIC, 0}, {"fingerprints", LABEL_BIOMETRIC, 0}, {"voiceprint", LABEL_BIOMETRIC, 0},
	{"palm vein", LABEL_BIOMETRIC, 0}, {"palm", LABEL_BIOMETRIC, MARK}, {"facial recognition", LABEL_BIOMETRIC, 0},
	{"voice biometric", LABEL_BIOMETRIC, 0}, {"dna profile", LABEL_BIOMETRIC, MARK}, {"retina scan", LABEL_BIOMETRIC, MARK},
	{"voice print", LABEL_BIOMETRIC, MARK | NEAR}, {"biometric", LABEL_BIOMETRIC, MARK}, {"retina", LABEL_BIOMETRIC, MARK},
	{"iris", LABEL_BIOMETRIC, MARK}, {"iris scan", LABEL_BIOMETRIC, MARK | NEAR}, {"retinal scan", LABEL_BIOMETRIC, MARK},
	{"face id", LABEL_BIOMETRIC, 0}, {"face template", LABEL_BIOMETRIC, MARK}, {"face id template", LABEL_BIOMETRIC, 0},
	{"palm print", LABEL_BIOMETRIC, MARK | NEAR}, {"faceprint", LABEL_BIOMETRIC, 0},

	{"case", LABEL_ID, MARK | NEAR}, {"claim", LABEL_ID, MARK | NEAR}, {"accession", LABEL_ID, 0}, {"encounter", LABEL_ID, 0},
	{"csn", LABEL_ID, 0}, {"rx", LABEL_ID, MARK | NEAR}, {"prescription", LABEL_ID, MARK}, {"order", LABEL_ID, MARK | NEAR},
	{"study id", LABEL_ID, 0}, {"subject id", LABEL_ID, 0}, {"subjid", LABEL_ID, 0}, {"trial id", LABEL_ID, 0}, {"participant", LABEL_ID, MARK | NEAR},
	{"subject", LABEL_ID, MARK | NEAR}, {"confirmation", LABEL_ID, MARK | NEAR | SHORT}, {"authorization", LABEL_ID, 0},
	{"authorisation", LABEL_ID, 0}, {"auth", LABEL_ID, MARK | NEAR}, {"reference", LABEL_ID, MARK | NEAR}, {"ref", LABEL_ID, 0},
	{"ticket", LABEL_ID, MARK | NEAR | SHORT}, {"visit", LABEL_ID, MARK | NEAR}, {"specimen", LABEL_ID, MARK | NEAR}, {"sample", LABEL_ID, MARK},
	{"invoice", LABEL_ID, MARK | NEAR}, {"inv", LABEL_ID, MARK | NEAR}, {"waybill", LABEL_ID, MARK | NEAR}, {"incident form", LABEL_ID, MARK | NEAR}, {"relates to", LABEL_ID, MARK}, {"tracking", LABEL_ID, MARK | NEAR}, {"record id", LABEL_ID, 0}, {"employee id", LABEL_ID, 0},
	{"student id", LABEL_ID, 0}, {"passport", LABEL_ID, 0}, {"tax id", LABEL_ID, 0}, {"ein", LABEL_ID, MARK},
	{"report number", LABEL_ID, 0}, {"id", LABEL_ID, MARK | NEAR}, {"badge", LABEL_ID, SHORT}, {"registry", LABEL_ID, MARK | NEAR},
	{"locator", LABEL_ID, MARK | NEAR | SHORT}, {"enc", LABEL_ID, MARK | NEAR}, {"acc", LABEL_ID, MARK | NEAR}, {"requisition", LABEL_ID, MARK | NEAR},
	{"req", LABEL_ID, MARK | NEAR}, {"barcode", LABEL_ID, 0}, {"uuid", LABEL_ID, 0}, {"guid", LABEL_ID, 0},
	{"studyinstanceuid", LABEL_ID, 0}, {"seriesinstanceuid", LABEL_ID, 0}, {"sopinstanceuid", LABEL_ID, 0},
	{"uid", LABEL_ID, 0}, {"armband", LABEL_MRN, MARK | NEAR}, {"sticker", LABEL_MRN, MARK}, {"hn", LABEL_MRN, MARK}, {"urn", LABEL_MRN, MARK},
	{"pcr", LABEL_ID, MARK}, {"accn", LABEL_ID, MARK}, {"hostname", LABEL_USER, 0}, {"workstation", LABEL_DEVICE, MARK}, {"unos", LABEL_ID, 0}, {"blood unit", LABEL_ID, 0},
	{"bag", LABEL_ID, MARK | NEAR}, {"known traveler", LABEL_ID, 0},
	{"cvv", LABEL_ACCOUNT, 0}, {"sort code", LABEL_ACCOUNT, 0}, {"clabe", LABEL_ACCOUNT, 0}, {"permit", LABEL_LICENSE, MARK | NEAR},
	{"kit", LABEL_ID, MARK | NEAR}, {"episode", LABEL_ID, MARK | NEAR}, {"booking", LABEL_ID, MARK | NEAR}, {"approval", LABEL_ID, MARK | NEAR},
	{"venmo", LABEL_USER, MARK | NEAR}, {"dcn", LABEL_ID, MARK | NEAR}, {"icn", LABEL_ID, MARK | NEAR}, {"edipi", LABEL_ID, 0},
	{"dod id", LABEL_ID, 0}, {"dod number", LABEL_ID, 0}, {"din", LABEL_ID, MARK}, {"pin", LABEL_ID, MARK | NEAR | SHORT},
	{"account pin", LABEL_ID, MARK}, {"passcode", LABEL_USER, 0}, {"access code", LABEL_ID, 0}, {"combination", LABEL_ID, 0},
	{"pasaporte", LABEL_ID, 0}, {"document", LABEL_ID, MARK | NEAR}, {"transaction", LABEL_ID, MARK | NEAR}, {"conf", LABEL_ID, MARK | NEAR | SHORT},
	{"incident", LABEL_ID, MARK | NEAR}, {"job", LABEL_ID, MARK | NEAR}, {"docket", LABEL_ID, MARK | NEAR}, {"inmate", LABEL_ID, 0},
	{"folio", LABEL_ID, MARK | NEAR}, {"cedula", LABEL_ID, 0}, {"curp", LABEL_ID, 0}, {"matricula", LABEL_ID, MARK}, {"consular", LABEL_ID, MARK | NEAR},
	{"student", LABEL_ID, MARK}, {"donor", LABEL_ID, MARK | NEAR}, {"c file", LABEL_ID, MARK | NEAR},
	{"user id", LABEL_USER, 0}, {"userid", LABEL_USER, 0}, {"username", LABEL_USER, 0}, {"user name", LABEL_USER, 0},
	{"login id", LABEL_USER, 0}, {"login", LABEL_USER, 0}, {"screen name", LABEL_USER, MARK}, {"handle", LABEL_USER, MARK | NEAR},
	{"twitter", LABEL_USER, MARK}, {"instagram", LABEL_USER, MARK}, {"skype", LABEL_USER, MARK}, {"logon", LABEL_USER, MARK},

	/* behind which codes stand without a mark */
	{"emr", LABEL_MRN, MARK}, {"ehr", LABEL_MRN, MARK}, {"eid", LABEL_MRN, MARK | NEAR},
	{"mem", LABEL_HEALTH_PLAN, MARK | NEAR}, {"sub", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"mcd", LABEL_HEALTH_PLAN, MARK | NEAR}, {"mcr", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"cin", LABEL_HEALTH_PLAN, MARK | NEAR}, {"medi cal cin", LABEL_HEALTH_PLAN, 0},
	{"blue cross", LABEL_HEALTH_PLAN, MARK | NEAR}, {"blue shield", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"molina", LABEL_HEALTH_PLAN, MARK | NEAR}, {"regence", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"hmsa", LABEL_HEALTH_PLAN, MARK | NEAR}, {"anthem", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"of omaha", LABEL_HEALTH_PLAN, MARK | NEAR}, {"centene", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"wellcare", LABEL_HEALTH_PLAN, MARK | NEAR}, {"amerigroup", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"ambetter", LABEL_HEALTH_PLAN, MARK | NEAR}, {"caresource", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"unitedhealthcare", LABEL_HEALTH_PLAN, MARK | NEAR}, {"united healthcare", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"highmark", LABEL_HEALTH_PLAN, MARK | NEAR}, {"premera", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"workers comp", LABEL_ID, MARK | NEAR}, {"bill", LABEL_ACCOUNT, MARK}, {"statement", LABEL_ACCOUNT, MARK},
	{"emt", LABEL_LICENSE, MARK | NEAR}, {"emt p", LABEL_LICENSE, MARK | NEAR}, {"emt b", LABEL_LICENSE, MARK | NEAR},
	{"emtp", LABEL_LICENSE, MARK | NEAR}, {"comm", LABEL_LICENSE, MARK}, {"cert", LABEL_LICENSE, MARK | NEAR},
	{"camry", LABEL_VEHICLE, MARK | NEAR}, {"civic", LABEL_VEHICLE, MARK | NEAR}, {"corolla", LABEL_VEHICLE, MARK | NEAR},
	{"accord", LABEL_VEHICLE, MARK | NEAR}, {"tacoma", LABEL_VEHICLE, MARK | NEAR},
	{"silverado", LABEL_VEHICLE, MARK | NEAR}, {"toyota", LABEL_VEHICLE, MARK | NEAR}, {"honda", LABEL_VEHICLE, MARK | NEAR},
	{"nissan", LABEL_VEHICLE, MARK | NEAR}, {"subaru", LABEL_VEHICLE, MARK | NEAR}, {"chevy", LABEL_VEHICLE, MARK | NEAR},
	{"hugs tag", LABEL_ID, 0}, {"property tag", LABEL_ID, 0}, {"afis", LABEL_BIOMETRIC, MARK | NEAR},
	{"voice id", LABEL_BIOMETRIC, MARK | NEAR}, {"thumbprint", LABEL_BIOMETRIC, MARK | NEAR},
	{"thumb print", LABEL_BIOMETRIC, MARK | NEAR}, {"print control", LABEL_BIOMETRIC, MARK | NEAR},
	{"palm scan", LABEL_BIOMETRIC, MARK | NEAR}, {"face image", LABEL_BIOMETRIC, MARK | NEAR},
	{"face image stored", LABEL_BIOMETRIC, MARK | NEAR}, {"iris code", LABEL_BIOMETRIC, MARK | NEAR},
	{"face scan", LABEL_BIOMETRIC, MARK | NEAR}, {"hand geometry", LABEL_BIOMETRIC, MARK | NEAR},
	{"vein scan", LABEL_BIOMETRIC, MARK | NEAR}, {"fingerprint card", LABEL_BIOMETRIC, MARK | NEAR},
	{"cause no", LABEL_ID, 0}, {"report", LABEL_ID, MARK | NEAR}, {"police report", LABEL_ID, MARK | NEAR},
	{"sid", LABEL_ID, MARK | NEAR}, {"warrant", LABEL_ID, MARK | NEAR}, {"custody", LABEL_ID, MARK | NEAR},
	{"property bag", LABEL_ID, MARK | NEAR}, {"evidence", LABEL_ID, MARK | NEAR}, {"intake", LABEL_ID, MARK | NEAR},
	{"tkt", LABEL_ID, MARK | NEAR | SHORT}, {"isolate", LABEL_ID, MARK | NEAR},
	{"prior", LABEL_ID, MARK | NEAR}, {"path", LABEL_ID, MARK | NEAR}, {"msgid", LABEL_ID, MARK | NEAR},
	{"message id", LABEL_ID, 0}, {"our file", LABEL_ID, 0}, {"your file", LABEL_ID, 0}, {"our ref", LABEL_ID, 0},
	{"your ref", LABEL_ID, 0}, {"our reference", LABEL_ID, 0}, {"your reference", LABEL_ID, 0}, {"claim ref", LABEL_ID, 0},
	{"pa ref", LABEL_ID, 0}, {"auth ref", LABEL_ID, 0}, {"gate code", LABEL_ID, 0}, {"door code", LABEL_ID, 0},
	{"portal code", LABEL_ID, 0}, {"activation code", LABEL_ID, 0}, {"alarm code", LABEL_ID, 0},
	{"lockbox code", LABEL_ID, 0}, {"lockbox", LABEL_ID, MARK | NEAR | SHORT}, {"fedex", LABEL_ID, MARK | NEAR},
	{"ups", LABEL_ID, MARK | NEAR}, {"usps", LABEL_ID, MARK | NEAR}, {"cert mail", LABEL_ID, 0},
	{"certified mail", LABEL_ID, 0}, {"vendor cred", LABEL_ID, 0}, {"cred", LABEL_ID, MARK | NEAR},
	{"locker", LABEL_ID, MARK | NEAR}, {"subj", LABEL_ID, MARK | NEAR}, {"spi", LABEL_ID, MARK | NEAR},
	{"iis", LABEL_ID, MARK | NEAR}, {"grievance", LABEL_ID, MARK | NEAR}, {"appeal", LABEL_ID, MARK | NEAR},
	{"flight", LABEL_ID, MARK | NEAR}, {"referral", LABEL_ID, MARK | NEAR}, {"rma", LABEL_ID, MARK | NEAR},
	{"screening", LABEL_ID, MARK | NEAR}, {"randomization", LABEL_ID, MARK | NEAR}, {"student no", LABEL_ID, 0},
	{"ig", LABEL_USER, MARK | NEAR}, {"insta", LABEL_USER, MARK | NEAR}, {"discord", LABEL_USER, MARK | NEAR},
	{"tiktok", LABEL_USER, MARK | NEAR}, {"snapchat", LABEL_USER, MARK | NEAR}, {"user", LABEL_USER, MARK | NEAR},

	{"pasrr", LABEL_ID, MARK | NEAR}, {"signed release", LABEL_ID, MARK | NEAR}, {"envelope", LABEL_ID, MARK | NEAR | SHORT},
	{"census", LABEL_ID, MARK}, {"census no", LABEL_ID, 0}, {"hosp", LABEL_MRN, MARK}, {"chart no", LABEL_MRN, 0}, {"dpsst", LABEL_ID, MARK | NEAR | SHORT},
	{"alien", LABEL_ID, MARK}, {"alien number", LABEL_ID, 0}, {"a number", LABEL_ID, MARK}, {"interp", LABEL_ID, MARK | NEAR | SHORT},
	{"trace", LABEL_ID, MARK | NEAR}, {"check", LABEL_ACCOUNT, MARK}, {"remit", LABEL_ACCOUNT, MARK | NEAR},
	{"medallion", LABEL_LICENSE, MARK | NEAR}, {"tribal enrollment", LABEL_ID, MARK | NEAR}, {"enrollment", LABEL_ID, MARK},
	{"parcel", LABEL_ID, MARK | NEAR}, {"voucher", LABEL_ID, MARK | NEAR | SHORT}, {"trip", LABEL_ID, MARK | NEAR}, {"run", LABEL_ID, MARK},
	{"run number", LABEL_ID, 0}, {"cad", LABEL_ID, MARK | NEAR}, {"dispatch", LABEL_ID, MARK | NEAR}, {"epcr", LABEL_ID, MARK | NEAR},
	{"nemsis", LABEL_ID, MARK}, {"tissue id", LABEL_ID, 0}, {"graft", LABEL_ID, MARK}, {"slide", LABEL_ID, MARK}, {"block", LABEL_ID, MARK},
	{"cassette", LABEL_ID, MARK}, {"surg path", LABEL_ID, MARK | NEAR}, {"cyto", LABEL_ID, MARK | NEAR}, {"film no", LABEL_ID, 0},
	{"x ray no", LABEL_ID, 0}, {"idnum", LABEL_ID, 0}, {"medicalrecord", LABEL_MRN, 0}, {"index no", LABEL_ID, 0}, {"job id", LABEL_ID, 0},
	{"dictation", LABEL_ID, MARK}, {"transcription", LABEL_ID, MARK}, {"confirmation code", LABEL_ID, 0}, {"pickup code", LABEL_ID, 0},
	{"promo", LABEL_THING, 0},

	{"tail", LABEL_VEHICLE, MARK | NEAR}, {"aircraft tail", LABEL_VEHICLE, 0}, {"aircraft", LABEL_VEHICLE, MARK | NEAR}, {"helicopter", LABEL_VEHICLE, MARK | NEAR},
	{"hin", LABEL_VEHICLE, 0}, {"boat reg", LABEL_VEHICLE, 0}, {"boat", LABEL_VEHICLE, MARK | NEAR}, {"car tag", LABEL_VEHICLE, 0},
	{"tag for parking", LABEL_VEHICLE, 0}, {"disability plate", LABEL_VEHICLE, 0}, {"plate renewed", LABEL_VEHICLE, 0}, {"odyssey", LABEL_VEHICLE, MARK | NEAR},
	{"sentra", LABEL_VEHICLE, MARK | NEAR}, {"altima", LABEL_VEHICLE, MARK | NEAR}, {"rogue", LABEL_VEHICLE, MARK | NEAR}, {"elantra", LABEL_VEHICLE, MARK | NEAR},
	{"sonata", LABEL_VEHICLE, MARK | NEAR}, {"jetta", LABEL_VEHICLE, MARK | NEAR}, {"prius", LABEL_VEHICLE, MARK | NEAR}, {"rav4", LABEL_VEHICLE, MARK | NEAR},
	{"crv", LABEL_VEHICLE, MARK | NEAR}, {"cr v", LABEL_VEHICLE, MARK | NEAR}, {"outback", LABEL_VEHICLE, MARK | NEAR}, {"forester", LABEL_VEHICLE, MARK | NEAR},
	{"f150", LABEL_VEHICLE, MARK | NEAR}, {"f 150", LABEL_VEHICLE, MARK | NEAR}, {"escape", LABEL_VEHICLE, MARK}, {"explorer", LABEL_VEHICLE, MARK | NEAR},
	{"tahoe", LABEL_VEHICLE, MARK | NEAR}, {"malibu", LABEL_VEHICLE, MARK | NEAR}, {"impala", LABEL_VEHICLE, MARK | NEAR}, {"equinox", LABEL_VEHICLE, MARK | NEAR},
	{"wrangler", LABEL_VEHICLE, MARK | NEAR}, {"econoline", LABEL_VEHICLE, MARK | NEAR}, {"tesla", LABEL_VEHICLE, MARK}, {"ford", LABEL_VEHICLE, MARK | NEAR},
	{"chevrolet", LABEL_VEHICLE, MARK | NEAR}, {"dodge", LABEL_VEHICLE, MARK | NEAR}, {"jeep", LABEL_VEHICLE, MARK | NEAR}, {"hyundai", LABEL_VEHICLE, MARK | NEAR},
	{"kia", LABEL_VEHICLE, MARK | NEAR}, {"mazda", LABEL_VEHICLE, MARK | NEAR}, {"lexus", LABEL_VEHICLE, MARK | NEAR}, {"bmw", LABEL_VEHICLE, MARK | NEAR},
	{"sedan", LABEL_VEHICLE, MARK | NEAR}, {"pickup", LABEL_VEHICLE, MARK | NEAR}, {"minivan", LABEL_VEHICLE, MARK | NEAR}, {"motorcycle", LABEL_VEHICLE, MARK | NEAR},
	{"tundra", LABEL_VEHICLE, MARK | NEAR}, {"buick", LABEL_VEHICLE, MARK | NEAR}, {"trailer plate", LABEL_VEHICLE, 0},

	/* of systems and their print-outs */
	{"id band", LABEL_MRN, 0}, {"id band checked", LABEL_MRN, 0}, {"id band verified", LABEL_MRN, 0}, {"euid", LABEL_MRN, 0}, {"ien", LABEL_MRN, MARK | NEAR}, {"dfn", LABEL_MRN, MARK | NEAR},
	{"master patient index", LABEL_MRN, 0}, {"athena id", LABEL_MRN, 0}, {"nhi", LABEL_MRN, MARK | NEAR}, {"chi number", LABEL_MRN, 0},
	{"fin nbr", LABEL_ACCOUNT, 0}, {"encntr", LABEL_ID, MARK | NEAR}, {"adm no", LABEL_ID, 0}, {"tcn", LABEL_ID, MARK | NEAR},
	{"precert", LABEL_ID, MARK | NEAR}, {"pre cert", LABEL_ID, MARK | NEAR}, {"oper", LABEL_ID, MARK | NEAR}, {"meeting", LABEL_ID, MARK | NEAR},
	{"webinar", LABEL_ID, MARK | NEAR}, {"shield", LABEL_ID, MARK | NEAR | SHORT}, {"awb", LABEL_ID, MARK | NEAR}, {"eob", LABEL_ID, MARK | NEAR},
	{"nabp", LABEL_LICENSE, 0}, {"pol", LABEL_HEALTH_PLAN, MARK | NEAR}, {"tx id", LABEL_DEVICE, 0}, {"transmitter id", LABEL_DEVICE, 0}, {"g6 tx", LABEL_DEVICE, 0}, {"g7 tx", LABEL_DEVICE, 0},
	{"social insurance", LABEL_SSN, 0}, {"sin", LABEL_SSN, MARK}, {"national insurance", LABEL_ID, 0}, {"aadhaar", LABEL_ID, 0}, {"cpf", LABEL_ID, MARK | NEAR},
	{"dni", LABEL_ID, MARK | NEAR}, {"nif", LABEL_ID, MARK | NEAR}, {"nric", LABEL_ID, 0}, {"hkid", LABEL_ID, 0}, {"ramq", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"hcn", LABEL_HEALTH_PLAN, MARK | NEAR}, {"ihi", LABEL_HEALTH_PLAN, MARK}, {"abha", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"password", LABEL_USER, 0}, {"pwd", LABEL_USER, MARK},

	/* of insurers, laboratories, police, employers and shops */
	{"clm", LABEL_ID, MARK | NEAR}, {"eft", LABEL_ID, MARK | NEAR}, {"trn", LABEL_ID, MARK | NEAR}, {"work order", LABEL_ID, MARK | NEAR}, {"wo", LABEL_ID, MARK | NEAR},
	{"enrollee", LABEL_HEALTH_PLAN, MARK | NEAR}, {"subscr", LABEL_HEALTH_PLAN, MARK | NEAR}, {"contract", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"sponsor", LABEL_HEALTH_PLAN, MARK | NEAR}, {"member no", LABEL_HEALTH_PLAN, 0}, {"rrb", LABEL_HEALTH_PLAN, MARK | NEAR},
	{"prior auth", LABEL_ID, MARK | NEAR}, {"record locator", LABEL_ID, MARK | NEAR | SHORT}, {"frequent flyer", LABEL_ID, 0}, {"ff", LABEL_ID, MARK | NEAR},
	{"uscis", LABEL_ID, MARK | NEAR}, {"citation", LABEL_ID, MARK | NEAR}, {"complaint no", LABEL_ID, 0}, {"event", LABEL_ID, MARK | NEAR | SHORT},
	{"lab no", LABEL_ID, 0}, {"lab id", LABEL_ID, 0}, {"lab slip", LABEL_ID, MARK | NEAR | SHORT}, {"slip", LABEL_ID, MARK | NEAR | SHORT}, {"script", LABEL_ID, MARK | NEAR},
	{"spec", LABEL_ID, MARK | NEAR}, {"placer", LABEL_ID, MARK | NEAR}, {"emp", LABEL_ID, MARK | NEAR}, {"payroll", LABEL_ID, MARK | NEAR},
	{"star", LABEL_ID, MARK | NEAR | SHORT}, {"receipt", LABEL_ID, MARK | NEAR}, {"rcpt", LABEL_ID, MARK | NEAR}, {"vendor", LABEL_ID, MARK | NEAR},
	{"provider id", LABEL_LICENSE, 0}, {"prov id", LABEL_LICENSE, 0}, {"fein", LABEL_ID, 0}, {"token", LABEL_ID, MARK | NEAR}, {"donation", LABEL_ID, MARK | NEAR},
	{"isbt", LABEL_ID, MARK | NEAR}, {"cps", LABEL_ID, MARK | NEAR}, {"dcf", LABEL_ID, MARK | NEAR}, {"aps", LABEL_ID, MARK | NEAR}, {"dss", LABEL_ID, MARK | NEAR},
	{"cert no", LABEL_LICENSE, 0}, {"faa", LABEL_LICENSE, MARK | NEAR}, {"usdot", LABEL_ID, MARK | NEAR}, {"service number", LABEL_ID, 0},
	{"loan", LABEL_ACCOUNT, MARK | NEAR}, {"customer", LABEL_ID, MARK | NEAR}, {"client id", LABEL_ID, 0}, {"client no", LABEL_ID, 0}, {"rewards", LABEL_ID, MARK | NEAR},
	{"txn", LABEL_ID, MARK | NEAR}, {"ach", LABEL_ACCOUNT, MARK | NEAR}, {"wire", LABEL_ACCOUNT, MARK | NEAR}, {"pt acct", LABEL_ACCOUNT, 0}, {"patient account", LABEL_ACCOUNT, MARK | NEAR},
	{"module", LABEL_DEVICE, MARK | NEAR}, {"equipment", LABEL_DEVICE, MARK | NEAR}, {"equip", LABEL_DEVICE, MARK | NEAR}, {"biomed", LABEL_DEVICE, MARK | NEAR},
	{"controller", LABEL_DEVICE, MARK | NEAR}, {"microchip", LABEL_DEVICE, MARK | NEAR}, {"chip", LABEL_DEVICE, MARK | NEAR},
	{"zelle", LABEL_USER, MARK | NEAR}, {"cashapp", LABEL_USER, MARK | NEAR}, {"paypal", LABEL_USER, MARK | NEAR},
	{"logged in as", LABEL_USER, 0}, {"signed in as", LABEL_USER, 0}, {"log in as", LABEL_USER, 0}, {"logged on as", LABEL_USER, 0}, {"login as", LABEL_USER, 0},

	/* what is counted or sold: a number behind it tells nobody */
	{"lot", LABEL_THING, 0}, {"model", LABEL_THING, 0}, {"part", LABEL_THING, 0}, {"catalog", LABEL_THING, 0},
	{"catalogue", LABEL_THING, 0}, {"cat", LABEL_THING, 0}, {"batch", LABEL_THING, 0}, {"room", LABEL_THING, 0},
	{"rm", LABEL_THING, 0}, {"bed", LABEL_THING, 0}, {"page", LABEL_THING, 0}, {"disp", LABEL_THING, 0},
	{"dispense", LABEL_THING, 0}, {"quantity", LABEL_THING, 0}, {"qty", LABEL_THING, 0}, {"item", LABEL_THING, 0},
	{"protocol", LABEL_THING, 0}, {"figure", LABEL_THING, 0}, {"fig", LABEL_THING, 0}, {"table", LABEL_THING, 0},
	{"tablets", LABEL_THING, 0}, {"tabs", LABEL_THING, 0}, {"capsules", LABEL_THING, 0}, {"caps", LABEL_THING, 0},
	{"suite", LABEL_THING, 0}, {"ste", LABEL_THING, 0}, {"apt", LABEL_THING, 0}, {"apartment", LABEL_THING, 0},
	{"size", LABEL_THING, 0}, {"total", LABEL_THING, 0}, {"copy", LABEL_THING, 0}, {"copies", LABEL_THING, 0},
	{"large", LABEL_THING, 0}, {"small", LABEL_THING, 0}, {"sku", LABEL_THING, 0},
	{"guideline", LABEL_THING, 0}, {"guidance", LABEL_THING, 0}, {"publication", LABEL_THING, 0}, {"atomic", LABEL_THING, 0},
	{"genbank", LABEL_THING, 0}, {"omim", LABEL_THING, 0},

	{"phone", LABEL_PHONE, LIST}, {"telephone", LABEL_PHONE, LIST}, {"tel", LABEL_PHONE, LIST},
	{"cell", LABEL_PHONE, LIST}, {"mobile", LABEL_PHONE, LIST}, {"call", LABEL_PHONE, 0}, {"callback", LABEL_PHONE, 0},
	{"pager", LABEL_PAGER, 0}, {"mailbox", LABEL_PAGER, 0}, {"mail box", LABEL_PAGER, 0},
	{"page me", LABEL_PAGER, 0}, {"page us", LABEL_PAGER, 0}, {"page him", LABEL_PAGER, 0}, {"page her", LABEL_PAGER, 0}, {"home", LABEL_PHONE, LIST}, {"reached", LABEL_PHONE, 0},
	{"reach", LABEL_PHONE, 0}, {"dial", LABEL_PHONE, 0}, {"ph", LABEL_PHONE, LIST}, {"phoned", LABEL_PHONE, 0},
	{"text", LABEL_PHONE, 0}, {"whatsapp", LABEL_PHONE, 0}, {"fax", LABEL_FAX, LIST}, {"fx", LABEL_FAX, 0}, {"bleep", LABEL_PAGER, 0}, {"dsn", LABEL_PHONE, 0}, {"facsimile", LABEL_FAX, LIST},
	{"telefax", LABEL_FAX, LIST}, {"telefono", LABEL_PHONE, LIST}, {"celular", LABEL_PHONE, LIST}, {"vm", LABEL_PHONE, 0},
	{"voicemail", LABEL_PHONE, 0}, {"office", LABEL_PHONE, 0}, {"wk", LABEL_PHONE, 0}, {"hm", LABEL_PHONE, 0},
	{"answering service", LABEL_PHONE, 0}, {"answering at", LABEL_PHONE, 0}, {"answering on", LABEL_PHONE, 0}, {"messages to", LABEL_PHONE, 0}, {"message to", LABEL_PHONE, 0}, {"after hours", LABEL_PHONE, 0}, {"on call", LABEL_PHONE, 0}, {"line", LABEL_PHONE, 0},
	{"spectralink", LABEL_PAGER, 0}, {"vocera", LABEL_PAGER, 0}, {"ascom", LABEL_PAGER, 0}, {"voalte", LABEL_PAGER, 0}, {"cb", LABEL_PHONE, MARK}, {"call back", LABEL_PHONE, 0}, {"sms", LABEL_PHONE, 0},
	{"my number", LABEL_PHONE, 0}, {"her number", LABEL_PHONE, 0}, {"his number", LABEL_PHONE, 0},
	{"their number", LABEL_PHONE, 0}, {"best number", LABEL_PHONE, 0}, {"phones", LABEL_PHONE, LIST},
	{"tty", LABEL_PHONE, 0}, {"telecom", LABEL_PHONE, LIST}, {"landline", LABEL_PHONE, LIST}, {"hotline", LABEL_PHONE, 0},
	{"desk", LABEL_PHONE, MARK}, {"p", LABEL_PHONE, MARK}, {"h", LABEL_PHONE, MARK}, {"c", LABEL_PHONE, MARK}, {"w", LABEL_PHONE, MARK},
	{"o", LABEL_PHONE, MARK}, {"m", LABEL_PHONE, MARK}, {"t", LABEL_PHONE, MARK}, {"f", LABEL_FAX, MARK},
	{"beepers", LABEL_PAGER, 0}, {"pagers", LABEL_PAGER, 0}, {"pgr", LABEL_PAGER, 0}, {"pg", LABEL_PAGER, 0}, {"beep", LABEL_PAGER, 0}, {"beeper", LABEL_PAGER, 0}, {"bpr", LABEL_PAGER, 0},
	{"ext", LABEL_PAGER, 0}, {"extension", LABEL_PAGER, 0}, {"extn", LABEL_PAGER, 0}, {"faxed", LABEL_FAX, 0},

	{"dob", LABEL_DATE, 0}, {"d o b", LABEL_DATE, 0}, {"date of birth", LABEL_DATE, 0}, {"birth date", LABEL_DATE, 0},
	{"birthdate", LABEL_DATE, 0}, {"birthday", LABEL_DATE, 0}, {"born", LABEL_DATE, 0}, {"date", LABEL_DATE, 0},
	{"admitted", LABEL_DATE, LIST}, {"discharged", LABEL_DATE, LIST}, {"adm", LABEL_DATE, 0}, {"dod", LABEL_DATE, 0},
	{"expired", LABEL_DATE, 0}, {"birthtime", LABEL_DATE, 0}, {"fecha", LABEL_DATE, 0}, {"nacimiento", LABEL_DATE, 0},
	{"d c", LABEL_DAY, 0}, {"date of service", LABEL_DATE, 0}, {"as of", LABEL_DAY, 0}, {"rec d", LABEL_DAY, 0},
	{"date of death", LABEL_DATE, 0}, {"exam date", LABEL_DATE, 0}, {"dos", LABEL_DATE, MARK},
	{"date time", LABEL_DATE, 0}, {"eff", LABEL_DATE, 0}, {"effective", LABEL_DATE, 0}, {"nacido", LABEL_DATE, 0}, {"nacida", LABEL_DATE, 0}, {"nac", LABEL_DATE, 0},

	{"zip", LABEL_ZIP, 0}, {"zipcode", LABEL_ZIP, 0}, {"zip code", LABEL_ZIP, 0}, {"postal code", LABEL_ZIP, 0},
	{"postcode", LABEL_ZIP, 0}, {"postalcode", LABEL_ZIP, 0},

	{"dr", LABEL_TITLE, 0}, {"doctor", LABEL_ROLE, 0}, {"drs", LABEL_TITLE, LIST}, {"doctors", LABEL_ROLE, LIST},
	{"mrs", LABEL_TITLE, 0}, {"mister", LABEL_TITLE, 0}, {"madam", LABEL_TITLE, 0}, {"ms", LABEL_TITLE, 0},
	{"miss", LABEL_TITLE, 0}, {"mx", LABEL_TITLE, 0}, {"prof", LABEL_TITLE, 0}, {"professor", LABEL_TITLE, 0},
	{"nurse", LABEL_ROLE, 0}, {"rev", LABEL_ROLE, 0}, {"sister", LABEL_PERSON, MARK}, {"capt", LABEL_TITLE, 0},
	{"sgt", LABEL_TITLE, 0}, {"messrs", LABEL_TITLE, LIST}, {"sr", LABEL_TITLE, 0}, {"dear", LABEL_TITLE, 0},
	{"signed by", LABEL_NAME, 0}, {"dictated by", LABEL_NAME, 0}, {"seen by", LABEL_NAME, 0},
	{"referred by", LABEL_NAME, 0}, {"reviewed by", LABEL_NAME, 0}, {"verified by", LABEL_NAME, 0},
	{"performed by", LABEL_NAME, 0}, {"ordered by", LABEL_NAME, 0}, {"read by", LABEL_NAME, 0},
	{"screened by", LABEL_NAME, 0}, {"transcribed by", LABEL_NAME, 0}, {"accompanied by", LABEL_NAME, 0},
	{"examined by", LABEL_NAME, 0}, {"written by", LABEL_NAME, 0}, {"prepared by", LABEL_NAME, 0},
	{"interpreted by", LABEL_NAME, 0}, {"approved by", LABEL_NAME, 0}, {"given by", LABEL_NAME, 0},

	{"name", LABEL_NAME, MARK}, {"patient name", LABEL_NAME, 0}, {"pt name", LABEL_SPOKEN, 0},
	{"full name", LABEL_NAME, 0}, {"first name", LABEL_NAME, MARK}, {"last name", LABEL_NAME, MARK},
	{"middle name", LABEL_NAME, MARK}, {"surname", LABEL_NAME, MARK}, {"maiden name", LABEL_NAME, MARK},
	{"family", LABEL_PERSON, MARK}, {"given", LABEL_PERSON, MARK}, {"firstname", LABEL_NAME, MARK},
	{"lastname", LABEL_NAME, MARK}, {"family name", LABEL_NAME, MARK}, {"given name", LABEL_NAME, MARK},
	{"member name", LABEL_NAME, MARK}, {"patient", LABEL_PERSON, MARK}, {"pt", LABEL_PERSON, MARK},
	{"client", LABEL_PERSON, MARK}, {"attending", LABEL_PERSON, MARK}, {"physician", LABEL_PERSON, MARK},
	{"attending physician", LABEL_NAME, 0}, {"provider", LABEL_PERSON, MARK}, {"surgeon", LABEL_NAME, MARK | LIST},
	{"assistant", LABEL_PERSON, MARK}, {"resident", LABEL_PERSON, MARK}, {"pcp", LABEL_PERSON, MARK},
	{"author", LABEL_NAME, MARK}, {"spouse", LABEL_PERSON, MARK}, {"husband", LABEL_PERSON, MARK},
	{"wife", LABEL_PERSON, MARK}, {"mother", LABEL_PERSON, MARK}, {"father", LABEL_PERSON, MARK},
	{"son", LABEL_PERSON, MARK}, {"daughter", LABEL_PERSON, MARK}, {"brother", LABEL_PERSON, MARK},
	{"guardian", LABEL_PERSON, MARK}, {"parent", LABEL_PERSON, MARK}, {"next of kin", LABEL_NAME, 0},
	{"nok", LABEL_NAME, MARK}, {"emer contact", LABEL_NAME, 0}, {"anes", LABEL_PERSON, MARK}, {"emergency contact", LABEL_NAME, 0}, {"attn", LABEL_NAME, MARK},
	{"attention", LABEL_PERSON, MARK}, {"cc", LABEL_NAME, MARK | LIST}, {"to", LABEL_PERSON, MARK},
	{"from", LABEL_PERSON, MARK}, {"re", LABEL_PERSON, MARK}, {"caller", LABEL_PERSON, MARK},
	{"driver", LABEL_PERSON, MARK}, {"anesthesiologist", LABEL_NAME, MARK}, {"anesthesia", LABEL_PERSON, MARK},
	{"endoscopist", LABEL_NAME, MARK}, {"radiologist", LABEL_NAME, MARK}, {"pathologist", LABEL_NAME, MARK},
	{"consultant", LABEL_NAME, MARK}, {"referring", LABEL_PERSON, MARK}, {"ordering", LABEL_PERSON, MARK},
	{"operator", LABEL_PERSON, MARK}, {"prescriber", LABEL_PERSON, MARK}, {"contact", LABEL_PHONE, 0},
	{"contact name", LABEL_NAME, 0}, {"witness", LABEL_NAME, MARK}, {"interpreter", LABEL_PERSON, MARK},
	{"generalpractitioner", LABEL_NAME, MARK}, {"display", LABEL_PERSON, MARK}, {"my name is", LABEL_SPOKEN, 0},
	{"name is", LABEL_SPOKEN, 0}, {"named", LABEL_NAME, 0}, {"sincerely", LABEL_NAME, 0}, {"regards", LABEL_NAME, 0},

	{"patientname", LABEL_NAME, MARK}, {"s name", LABEL_NAME, 0},
	{"det", LABEL_TITLE, 0}, {"insp", LABEL_TITLE, 0}, {"supt", LABEL_TITLE, 0},
	{"atty", LABEL_TITLE, 0}, {"dep", LABEL_TITLE, 0},


	 {"fullname", LABEL_NAME, MARK}, {"displayname", LABEL_NAME, MARK},
	{"physicianname", LABEL_NAME, MARK}, {"providername", LABEL_NAME, MARK}, {"doctorname", LABEL_NAME, MARK},
	{"authorname", LABEL_NAME, MARK}, {"membername", LABEL_NAME, MARK}, {"subscribername", LABEL_NAME, MARK},
	{"contactname", LABEL_NAME, MARK}, {"middlename", LABEL_NAME, MARK}, {"familyname", LABEL_NAME, MARK},
	{"givenname", LABEL_NAME, MARK}, {"preferred name", LABEL_NAME, MARK}, {"nickname", LABEL_NAME, MARK},
	{"performer", LABEL_PERSON, MARK}, {"practitioner", LABEL_PERSON, MARK}, {"admitting", LABEL_PERSON, MARK},
	{"requesting", LABEL_PERSON, MARK}, {"consulting", LABEL_PERSON, MARK}, {"referring md", LABEL_PERSON, MARK},
	{"cosigned by", LABEL_NAME, 0}, {"entered by", LABEL_NAME, 0}, {"authenticated by", LABEL_NAME, 0},
	{"reported by", LABEL_NAME, 0}, {"recorded by", LABEL_NAME, 0}, {"documented by", LABEL_NAME, 0},
	{"attested by", LABEL_NAME, 0}, {"supervised by", LABEL_NAME, 0}, {"administered by", LABEL_NAME, 0},
	{"collected by", LABEL_NAME, 0}, {"assessed by", LABEL_NAME, 0}, {"received by", LABEL_NAME, 0},
	{"typed by", LABEL_NAME, 0}, {"requested by", LABEL_NAME, 0}, {"prescribed by", LABEL_NAME, 0},
	{"treated by", LABEL_NAME, 0}, {"witnessed by", LABEL_NAME, 0}, {"obtained by", LABEL_NAME, 0},
	{"directed by", LABEL_NAME, 0}, {"submitted by", LABEL_NAME, 0}, {"respectfully submitted", LABEL_NAME, 0},
	{"surgeons", LABEL_NAME, MARK | LIST}, {"physicians", LABEL_PERSON, MARK | LIST}, {"children", LABEL_PERSON, MARK | LIST},
	{"siblings", LABEL_PERSON, MARK | LIST}, {"sons", LABEL_PERSON, MARK | LIST}, {"daughters", LABEL_PERSON, MARK | LIST},
	{"scribe", LABEL_NAME, MARK}, {"transcriptionist", LABEL_NAME, MARK}, {"rn", LABEL_PERSON, MARK},
	{"np", LABEL_PERSON, MARK}, {"md", LABEL_PERSON, MARK}, {"case manager", LABEL_PERSON, MARK},
	{"social worker", LABEL_PERSON, MARK}, {"hcp", LABEL_PERSON, MARK}, {"proxy", LABEL_PERSON, MARK},
	{"poa", LABEL_PERSON, MARK}, {"contact person", LABEL_NAME, 0}, {"partner", LABEL_PERSON, MARK},
	{"aunt", LABEL_PERSON, MARK}, {"uncle", LABEL_PERSON, MARK}, {"grandmother", LABEL_PERSON, MARK},
	{"grandfather", LABEL_PERSON, MARK}, {"caregiver", LABEL_PERSON, MARK}, {"cardiologist", LABEL_PERSON, MARK},
	{"oncologist", LABEL_PERSON, MARK}, {"hospitalist", LABEL_PERSON, MARK}, {"intern", LABEL_PERSON, MARK},
	{"fellow", LABEL_PERSON, MARK}, {"technologist", LABEL_PERSON, MARK}, {"sonographer", LABEL_PERSON, MARK},
	{"therapist", LABEL_PERSON, MARK}, {"dietitian", LABEL_PERSON, MARK}, {"pharmacist", LABEL_PERSON, MARK},
	{"midwife", LABEL_PERSON, MARK}, {"clinician", LABEL_PERSON, MARK}, {"employee", LABEL_PERSON, MARK},
	{"insured", LABEL_PERSON, MARK}, {"guarantor", LABEL_PERSON, MARK}, {"policyholder", LABEL_PERSON, MARK},
	{"yours truly", LABEL_NAME, 0}, {"warmly", LABEL_NAME, 0},
	{"signed", LABEL_NAME, MARK}, {"e signed", LABEL_NAME, MARK}, {"e sig", LABEL_NAME, 0}, {"cosigner", LABEL_NAME, MARK},
	{"electronically signed", LABEL_NAME, MARK}, {"goes by", LABEL_NAME, 0}, {"known as", LABEL_NAME, 0},
	{"officer", LABEL_ROLE, 0}, {"ofc", LABEL_TITLE, 0}, {"deputy", LABEL_ROLE, 0}, {"trooper", LABEL_ROLE, 0},
	{"detective", LABEL_ROLE, 0}, {"sergeant", LABEL_ROLE, 0}, {"corporal", LABEL_ROLE, 0}, {"lieutenant", LABEL_ROLE, 0},
	{"captain", LABEL_ROLE, 0}, {"cpl", LABEL_TITLE, 0}, {"1lt", LABEL_ROLE, 0}, {"2lt", LABEL_ROLE, 0}, {"1sg", LABEL_ROLE, 0},
	{"sfc", LABEL_ROLE, 0}, {"spc", LABEL_ROLE, 0}, {"pfc", LABEL_ROLE, 0}, {"pvt", LABEL_ROLE, 0}, {"ssg", LABEL_ROLE, 0},
	{"pastor", LABEL_ROLE, 0}, {"rabbi", LABEL_ROLE, 0}, {"deacon", LABEL_ROLE, 0}, {"reverend", LABEL_ROLE, 0},
	{"imam", LABEL_ROLE, 0}, {"judge", LABEL_ROLE, 0}, {"coach", LABEL_ROLE, 0}, {"principal", LABEL_ROLE, 0},
	{"teacher", LABEL_ROLE, 0}, {"tchr", LABEL_ROLE, 0}, {"medic", LABEL_ROLE, 0}, {"paramedic", LABEL_ROLE, NEAR},
	{"doula", LABEL_ROLE, 0}, {"chaplain", LABEL_ROLE, 0}, {"baby boy", LABEL_ROLE, 0}, {"baby girl", LABEL_ROLE, 0},
	{"roommate", LABEL_PERSON, MARK}, {"girlfriend", LABEL_PERSON, MARK}, {"boyfriend", LABEL_PERSON, MARK},
	{"niece", LABEL_PERSON, MARK}, {"nephew", LABEL_PERSON, MARK}, {"cousin", LABEL_PERSON, MARK},
	{"friend", LABEL_PERSON, MARK}, {"neighbor", LABEL_PERSON, MARK}, {"fiance", LABEL_PERSON, MARK},
	{"fiancee", LABEL_PERSON, MARK}, {"mom", LABEL_PERSON, MARK}, {"dad", LABEL_PERSON, MARK}, {"grandma", LABEL_PERSON, MARK},
	{"grandpa", LABEL_PERSON, MARK}, {"grandson", LABEL_PERSON, MARK}, {"granddaughter", LABEL_PERSON, MARK},
	{"stepmother", LABEL_PERSON, MARK}, {"stepfather", LABEL_PERSON, MARK}, {"fob", LABEL_PERSON, MARK},
	{"tech", LABEL_PERSON, MARK}, {"scrub", LABEL_PERSON, MARK}, {"circulator", LABEL_PERSON, MARK},
	{"perfusionist", LABEL_PERSON, MARK}, {"crna", LABEL_PERSON, MARK}, {"anesth", LABEL_PERSON, MARK},
	{"recorder", LABEL_PERSON, MARK}, {"rph", LABEL_PERSON, MARK}, {"supervisor", LABEL_PERSON, MARK},
	{"manager", LABEL_PERSON, MARK}, {"director", LABEL_PERSON, MARK}, {"counselor", LABEL_PERSON, MARK},
	{"psychologist", LABEL_PERSON, MARK}, {"dentist", LABEL_PERSON, MARK}, {"hygienist", LABEL_PERSON, MARK},
	{"optometrist", LABEL_PERSON, MARK}, {"podiatrist", LABEL_PERSON, MARK}, {"endocrinologist", LABEL_PERSON, MARK},
	{"neurologist", LABEL_PERSON, MARK}, {"urologist", LABEL_PERSON, MARK}, {"pediatrician", LABEL_PERSON, MARK},
	{"gynecologist", LABEL_PERSON, MARK}, {"internist", LABEL_PERSON, MARK}, {"caseworker", LABEL_PERSON, MARK},
	{"sitter", LABEL_PERSON, MARK}, {"decedent", LABEL_PERSON, MARK}, {"claimant", LABEL_PERSON, MARK},
	{"plaintiff", LABEL_PERSON, MARK}, {"defendant", LABEL_PERSON, MARK}, {"victim", LABEL_PERSON, MARK},
	{"suspect", LABEL_PERSON, MARK}, {"applicant", LABEL_PERSON, MARK}, {"infant", LABEL_PERSON, MARK},
	{"child", LABEL_PERSON, MARK}, {"stepdad", LABEL_PERSON, MARK}, {"stepmom", LABEL_PERSON, MARK},
	{"auntie", LABEL_PERSON, MARK},
	{"spoke with", LABEL_PERSON, MARK}, {"talked with", LABEL_PERSON, MARK}, {"discussed with", LABEL_PERSON, MARK},
	{"met with", LABEL_PERSON, MARK}, {"hi", LABEL_PERSON, MARK}, {"hello", LABEL_PERSON, MARK}, {"thanks", LABEL_PERSON, MARK},
	{"kids", LABEL_PERSON, MARK | LIST}, {"cna", LABEL_PERSON, MARK}, {"ortho", LABEL_PERSON, MARK}, {"peds", LABEL_PERSON, MARK},
	{"this is", LABEL_PERSON, MARK}, {"dtr", LABEL_PERSON, MARK}, {"bf", LABEL_PERSON, MARK}, {"gf", LABEL_PERSON, MARK},
	{"husb", LABEL_PERSON, MARK}, {"otr", LABEL_PERSON, MARK}, {"team", LABEL_PERSON, MARK | LIST}, {"crew", LABEL_PERSON, MARK | LIST},
	{"asst", LABEL_PERSON, MARK}, {"backup", LABEL_PERSON, MARK}, {"primary", LABEL_PERSON, MARK}, {"covering", LABEL_PERSON, MARK},
	{"submitting", LABEL_PERSON, MARK}, {"dra", LABEL_TITLE, 0}, {"sra", LABEL_TITLE, 0}, {"srta", LABEL_TITLE, 0},
	{"hon", LABEL_TITLE, 0}, {"juror", LABEL_ROLE, NEAR}, {"nombre", LABEL_NAME, MARK}, {"apellido", LABEL_NAME, MARK},
	{"paciente", LABEL_PERSON, MARK}, {"madre", LABEL_PERSON, MARK}, {"padre", LABEL_PERSON, MARK}, {"hija", LABEL_PERSON, MARK},
	{"hijo", LABEL_PERSON, MARK}, {"esposa", LABEL_PERSON, MARK}, {"esposo", LABEL_PERSON, MARK},

	{"age", LABEL_AGE, 0}, {"aged", LABEL_AGE, 0}, {"turned", LABEL_AGE, 0}, {"turning", LABEL_AGE, 0},
	{"ages", LABEL_AGE, LIST}, {"age sex", LABEL_AGE, 0}, {"age gender", LABEL_AGE, 0}, {"age years", LABEL_AGE, 0},
	{"age in years", LABEL_AGE, 0}, {"age at death", LABEL_AGE, 0}, {"turns", LABEL_AGE, 0}, {"edad", LABEL_AGE, 0},

	{"address", LABEL_ADDRESS, MARK}, {"addr", LABEL_ADDRESS, MARK}, {"street", LABEL_ADDRESS, MARK},
	{"home address", LABEL_ADDRESS, 0}, {"mailing address", LABEL_ADDRESS, 0}, {"street address", LABEL_ADDRESS, 0},
	{"billing address", LABEL_ADDRESS, 0}, {"residence", LABEL_ADDRESS, MARK}, {"address line", LABEL_ADDRESS, MARK},
	{"mail to", LABEL_ADDRESS, 0}, {"city", LABEL_CITY, MARK}, {"hometown", LABEL_CITY, MARK},
	{"town", LABEL_CITY, MARK}, {"birthplace", LABEL_CITY, MARK}, {"county", LABEL_COUNTY, MARK},
	{"county of", LABEL_COUNTY, 0}, {"district", LABEL_COUNTY, MARK},
	{"hospital", LABEL_FACILITY, MARK}, {"facility", LABEL_FACILITY, MARK}, {"clinic", LABEL_FACILITY, MARK},
	{"pharmacy", LABEL_FACILITY, MARK}, {"school", LABEL_FACILITY, MARK}, {"employer", LABEL_FACILITY, 0},
	{"performing lab", LABEL_FACILITY, 0}, {"reference lab", LABEL_FACILITY, 0}, {"agency", LABEL_FACILITY, MARK},
	{"practice", LABEL_FACILITY, MARK}, {"organization", LABEL_FACILITY, MARK}, {"nursing home", LABEL_FACILITY, MARK},
	{"sending facility", LABEL_FACILITY, 0}, {"lab name", LABEL_FACILITY, 0}, {"church", LABEL_FACILITY, MARK},
	{"snf", LABEL_FACILITY, MARK}, {"alf", LABEL_FACILITY, MARK}, {"ltac", LABEL_FACILITY, MARK}, {"hh", LABEL_FACILITY, MARK}, {"home health", LABEL_FACILITY, MARK},
	{"referring facility", LABEL_FACILITY, 0}, {"receiving facility", LABEL_FACILITY, 0}, {"transferring facility", LABEL_FACILITY, 0},
	{"receiving hospital", LABEL_FACILITY, 0}, {"sending hospital", LABEL_FACILITY, 0}, {"transferring hospital", LABEL_FACILITY, 0},
	{"birth hospital", LABEL_FACILITY, 0}, {"ordering facility", LABEL_FACILITY, 0}, {"performing facility", LABEL_FACILITY, 0},
	{"facility name", LABEL_FACILITY, 0}, {"hospital name", LABEL_FACILITY, 0}, {"clinic name", LABEL_FACILITY, 0}, {"pharmacy name", LABEL_FACILITY, 0},
	{"school name", LABEL_FACILITY, 0}, {"employer name", LABEL_FACILITY, 0}, {"preferred pharmacy", LABEL_FACILITY, 0},
	{"place of employment", LABEL_FACILITY, 0}, {"place of work", LABEL_FACILITY, 0}, {"service location", LABEL_FACILITY, MARK}, {"dialysis unit", LABEL_FACILITY, MARK},
	{"dialysis center", LABEL_FACILITY, MARK}, {"group home", LABEL_FACILITY, MARK}, {"shelter", LABEL_FACILITY, MARK}, {"college", LABEL_FACILITY, MARK},
	{"university", LABEL_FACILITY, MARK},
	{"daycare", LABEL_FACILITY, MARK}, {"hospice", LABEL_FACILITY, MARK}, {"facilityname", LABEL_FACILITY, MARK},

	{"bin", LABEL_PLAIN, 0}, {"taxonomy", LABEL_PLAIN, LIST}, {"rx bin", LABEL_PLAIN, 0}, {"pcn", LABEL_PLAIN, 0}, {"version", LABEL_PLAIN, 0}, {"ver", LABEL_PLAIN, 0}, {"v", LABEL_PLAIN, 0}, {"firmware", LABEL_PLAIN, 0},
	{"section", LABEL_PLAIN, 0}, {"sections", LABEL_PLAIN, LIST}, {"release", LABEL_PLAIN, 0},
	{"icd", LABEL_PLAIN, LIST}, {"cpt", LABEL_PLAIN, LIST}, {"hcpcs", LABEL_PLAIN, LIST}, {"loinc", LABEL_PLAIN, LIST},
	{"snomed", LABEL_PLAIN, LIST}, {"snomed ct", LABEL_PLAIN, LIST}, {"ndc", LABEL_PLAIN, LIST}, {"rxnorm", LABEL_PLAIN, LIST},
	{"pmid", LABEL_PLAIN, LIST}, {"cas", LABEL_PLAIN, 0}, {"grant", LABEL_PLAIN, 0},
	{"isbn", LABEL_PLAIN, 0}, {"rxbin", LABEL_PLAIN, 0}, {"nct", LABEL_PLAIN, 0}, {"mesh", LABEL_PLAIN, 0},
	{"drg", LABEL_PLAIN, 0}, {"r01", LABEL_PLAIN, 0}, {"r21", LABEL_PLAIN, 0}, {"u01", LABEL_PLAIN, 0},
	{"u54", LABEL_PLAIN, 0}, {"p30", LABEL_PLAIN, 0}, {"p01", LABEL_PLAIN, 0}, {"k08", LABEL_PLAIN, 0}, {"k23", LABEL_PLAIN, 0},
	{"t32", LABEL_PLAIN, 0}, {"astm", LABEL_PLAIN, 0}, {"iso", LABEL_PLAIN, 0}, {"cfr", LABEL_PLAIN, 0}, {"ec", LABEL_PLAIN, 0}, {"concept", LABEL_PLAIN, MARK}, {"conceptid", LABEL_PLAIN, 0},
};

/* Between a label and its value; they keep the label (FILLER_HEDGE: one of numbers), and some count as the mark. What a number has before it is a label, too, when
 * no other is there: "incident number 24-0071826". */
static const struct {
	const char *word;
	int kind;
} FILLERS[] = {
	{"number", FILLER_NUMBER}, {"numbers", FILLER_MARK}, {"no", FILLER_NUMBER}, {"nos", FILLER_MARK}, {"nr", FILLER_NUMBER}, {"nbr", FILLER_NUMBER},
	{"num", FILLER_NUMBER}, {"numero", FILLER_NUMBER}, {"id", FILLER_NUMBER}, {"ids", FILLER_MARK}, {"is", FILLER_MARK},
	{"was", FILLER_MARK}, {"es", FILLER_MARK}, {"code", FILLER_MARK}, {"are", FILLER_MARK}, {"identifier", FILLER_MARK},
	{"ending", FILLER_ENDING}, {"ends", FILLER_ENDING}, {"last", FILLER_ENDING}, {"last4", FILLER_ENDING}, {"final", FILLER_ENDING},
	{"of", FILLER_PLAIN}, {"on", FILLER_PLAIN}, {"file", FILLER_PLAIN}, {"in", FILLER_PLAIN}, {"with", FILLER_PLAIN},
	{"four", FILLER_PLAIN}, {"4", FILLER_PLAIN}, {"digits", FILLER_PLAIN}, {"the", FILLER_PLAIN}, {"a", FILLER_PLAIN},
	{"at", FILLER_PLAIN}, {"for", FILLER_PLAIN}, {"to", FILLER_PLAIN}, {"verified", FILLER_PLAIN}, {"me", FILLER_PLAIN},
	{"us", FILLER_PLAIN}, {"him", FILLER_PLAIN}, {"her", FILLER_PLAIN}, {"you", FILLER_PLAIN}, {"card", FILLER_PLAIN},
	{"key", FILLER_PLAIN}, {"s", FILLER_PLAIN}, {"tel", FILLER_PLAIN}, {"account", FILLER_PLAIN}, {"mobile", FILLER_PLAIN},
	{"value", FILLER_VALUE}, {"text", FILLER_PLAIN}, {"jr", FILLER_PLAIN}, {"security", FILLER_PLAIN}, {"de", FILLER_PLAIN},
	{"del", FILLER_PLAIN}, {"el", FILLER_PLAIN}, {"left", FILLER_PLAIN}, {"scanned", FILLER_PLAIN},
	{"combo", FILLER_PLAIN}, {"as", FILLER_MARK}, {"template", FILLER_PLAIN}, {"scan", FILLER_PLAIN}, {"profile", FILLER_PLAIN},
	{"reads", FILLER_MARK}, {"labeled", FILLER_MARK}, {"enrolled", FILLER_PLAIN}, {"recorded", FILLER_PLAIN}, {"back", FILLER_PLAIN}, {"your", FILLER_PLAIN}, {"his", FILLER_PLAIN}, {"my", FILLER_PLAIN},
	{"may", FILLER_HEDGE}, {"be", FILLER_HEDGE}, {"either", FILLER_HEDGE}, {"still", FILLER_HEDGE}, {"ppo", FILLER_HEDGE}, {"hmo", FILLER_HEDGE},
};

static const char *const STATES[] = {
	"al", "ak", "az", "ar", "ca", "co", "ct", "de", "dc", "fl", "ga", "hi", "ia", "id", "il", "in", "ks", "ky", "la", "ma", "md", "me", "mi", "mn",
	"mo", "ms", "mt", "nc", "nd", "ne", "nh", "nj", "nm", "nv", "ny", "oh", "ok", "or", "pa", "pr", "ri", "sc", "sd", "tn", "tx", "ut", "va", "vt",
	"wa", "wi", "wv", "wy",
};

static const char *const STATE_NAMES[] = {
	"alabama", "alaska", "arizona", "arkansas", "california", "colorado", "connecticut", "delaware", "florida", "georgia", "hawaii", "idaho",
	"illinois", "indiana", "iowa", "kansas", "kentucky", "louisiana", "maine", "maryland", "massachusetts", "michigan", "minnesota", "mississippi",
	"missouri", "montana", "nebraska", "nevada", "hampshire", "jersey", "mexico", "york", "carolina", "dakota", "ohio", "oklahoma", "oregon",
	"pennsylvania", "rhode", "island", "tennessee", "texas", "utah", "vermont", "virginia", "washington", "wisconsin", "wyoming",
};

/* ---- in the lexicon ------------------------------------------------------------------------------------------------------------------ */


struct label_words label_words;

/* Words of a phrase are hashed one after the other, so that the phrase's hash comes from theirs. */
static uint64_t join(uint64_t before, uint64_t word)
{
	return (before ^ (word >> 7)) * 0x9e3779b97f4a7c15ULL + word;
}

/* last: the hash of the last word. */
static uint64_t phrase_hash(const char *words, uint64_t *last)
{
	uint64_t phrase = 0, word = WORD_HASH;

	for (;; words++) {
		if (*words && *words != ' ') {
			word = word_hash(word, (unsigned char)*words);
			continue;
		}
		phrase = phrase ? join(phrase, word) : word;
		*last = word;
		word = WORD_HASH;
		if (!*words)
			return phrase;
	}
}

/* The entry of a word or phrase. */
static struct word *add(const char *words)
{
	uint64_t last;

	return strchr(words, ' ') ? lexicon_add(phrase_hash(words, &last)) : lexicon_add_word(words, strlen(words));
}

void labels_fill(void)
{
	uint64_t last;

	label_words.and = phrase_hash("and", &last);
	label_words.or = phrase_hash("or", &last);
	label_words.mr = phrase_hash("mr", &last);
	label_words.ms = phrase_hash("ms", &last);
	label_words.dear = phrase_hash("dear", &last);
	label_words.family = phrase_hash("family", &last);
	label_words.given = phrase_hash("given", &last);
	label_words.name = phrase_hash("name", &last);
	label_words.display = phrase_hash("display", &last);
	label_words.w = phrase_hash("w", &last);
	label_words.no = phrase_hash("no", &last);
	label_words.identifier = phrase_hash("identifier", &last);
	label_words.x = phrase_hash("x", &last);
	label_words.ext = phrase_hash("ext", &last);
	label_words.ending = phrase_hash("ending", &last);
	label_words.code = phrase_hash("code", &last);
	label_words.key = phrase_hash("key", &last);
	label_words.initials = phrase_hash("initials", &last);
	label_words.corner = phrase_hash("corner", &last);
	label_words.colon = phrase_hash("colon", &last);
	label_words.hospital = phrase_hash("hospital", &last);
	label_words.value = phrase_hash("value", &last);
	label_words.id = phrase_hash("id", &last);
	label_words.of = phrase_hash("of", &last);
	label_words.date = phrase_hash("date", &last);
	label_words.user = phrase_hash("user", &last);
	label_words.ref = phrase_hash("ref", &last);
	label_words.call = phrase_hash("call", &last);
	label_words.catalogue = phrase_hash("catalogue", &last);
	label_words.lot = phrase_hash("lot", &last);
	label_words.male = phrase_hash("male", &last);
	label_words.xx = phrase_hash("xx", &last);
	label_words.missed = phrase_hash("missed", &last);
	label_words.mi = phrase_hash("mi", &last);
	label_words.female = phrase_hash("female", &last);
	for (size_t i = 0; i < sizeof LABELS / sizeof *LABELS; i++) {
		const char *word = strrchr(LABELS[i].words, ' ');

		if (word)
			lexicon_add_word(word + 1, strlen(word + 1))->ends_phrase = true;
		add(LABELS[i].words)->label = (int16_t)i;
	}
	for (size_t i = 0; i < sizeof FILLERS / sizeof *FILLERS; i++)
		add(FILLERS[i].word)->filler = (uint8_t)FILLERS[i].kind;
	for (size_t i = 0; i < sizeof STATES / sizeof *STATES; i++)
		add(STATES[i])->state = STATE_CODE;
	for (size_t i = 0; i < sizeof STATE_NAMES / sizeof *STATE_NAMES; i++)
		add(STATE_NAMES[i])->state = STATE_NAME;
}

const struct known_label *const labels_first = LABELS;

int labels_phrase(const uint64_t before[2], uint64_t hash)
{
	int index = -1;

	if (before[0] && before[1])
		index = lexicon_find(join(join(before[1], before[0]), hash))->label;
	return index < 0 && before[0] ? lexicon_find(join(before[0], hash))->label : index;
}

enum label labels_of_word(uint64_t hash)
{
	int index = lexicon_find(hash)->label;

	return index < 0 || (LABELS[index].flags & MARK) ? LABEL_NONE : LABELS[index].label;
}
