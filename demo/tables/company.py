"""The company and everybody it deals with: hand-written tables.

Tarnwick Instruments makes networked cold storage and incubation for laboratories.
All names are invented; every domain ends in `.example`.
"""

DOMAIN = "tarnwick.example"

# key, name, parent key (None is the top)
ROLES = [
    ("ceo", "CEO", None),
    ("sales_director", "Sales Director", "ceo"),
    ("emea_manager", "EMEA Sales Manager", "sales_director"),
    ("emea_ae", "EMEA Account Executive", "emea_manager"),
    ("americas_manager", "Americas Sales Manager", "sales_director"),
    ("americas_ae", "Americas Account Executive", "americas_manager"),
    ("support_manager", "Support Manager", "ceo"),
    ("support_tier2", "Support Tier 2", "support_manager"),
    ("support_tier1", "Support Tier 1", "support_tier2"),
    ("finance", "Finance", "ceo"),
]

# key, first name, last name, title, role key, profile key, manager key, active, language, time zone
USERS = [
    ("integration", "Precis", "Integration", "System Integration", None, "integration", None, True, "en_US", "GMT"),
    ("astrid", "Astrid", "Vale", "Chief Executive Officer", "ceo", "management", None, True, "en_US", "Europe/Stockholm"),
    ("marcus", "Marcus", "Oyelaran", "Sales Director", "sales_director", "sales", "astrid", True, "en_US", "Europe/London"),
    ("ingrid", "Ingrid", "Solheim", "Sales Manager EMEA", "emea_manager", "sales", "marcus", True, "en_US", "Europe/Oslo"),
    ("jonas", "Jonas", "Brandt", "Account Executive DACH and Nordics", "emea_ae", "sales", "ingrid", True, "de", "Europe/Zurich"),
    ("claire", "Claire", "Fontaine", "Account Executive Western Europe", "emea_ae", "sales", "ingrid", True, "en_US", "Europe/Paris"),
    ("dana", "Dana", "Whitlock", "Sales Manager Americas", "americas_manager", "sales", "marcus", True, "en_US", "America/New_York"),
    ("rafael", "Rafael", "Mendes", "Account Executive Americas", "americas_ae", "sales", "dana", True, "en_US", "America/Chicago"),
    ("helen", "Helen", "Okafor", "Support Manager", "support_manager", "support_lead", "astrid", True, "en_US", "Europe/London"),
    ("tomasz", "Tomasz", "Zieliński", "Senior Support Engineer", "support_tier2", "support", "helen", True, "en_US", "Europe/Warsaw"),
    ("lena", "Lena", "Hartmann", "Support Agent (German)", "support_tier1", "support", "tomasz", True, "de", "Europe/Berlin"),
    ("sam", "Sam", "Delgado", "Support Agent", "support_tier1", "support", "tomasz", True, "en_US", "America/Chicago"),
    ("ruth", "Ruth", "Abernathy", "Financial Controller", "finance", "finance", "astrid", True, "en_US", "Europe/London"),
    ("victor", "Victor", "Lind", "Account Executive Americas (left)", "americas_ae", "sales", "dana", False, "en_US", "America/New_York"),
]

# key, name, license
PROFILES = [
    ("management", "Tarnwick Management"),
    ("sales", "Tarnwick Sales"),
    ("support", "Tarnwick Support Agent"),
    ("support_lead", "Tarnwick Support Lead"),
    ("finance", "Tarnwick Finance"),
    ("integration", "Tarnwick Integration"),
]

# key, label, what it is for
PERMISSION_SETS = [
    ("sync_all", "Precis Sync", "View All Data and every field, for the integration user only."),
    ("contract_terms", "Contract Terms", "Reads Contract.SpecialTerms: finance and management."),
    ("revenue_insight", "Revenue Insight", "Reads Account.AnnualRevenue and Opportunity.Amount, for the support manager's renewals."),
    ("knowledge_author", "Knowledge Author", "Reads drafts and archived articles and their internal notes."),
]
# the permission set group holds these, and is assigned to these users
PERMISSION_SET_GROUP = ("support_leads", "Support Leads", ["revenue_insight", "knowledge_author"])
ASSIGNMENTS = [
    ("integration", "sync_all"), ("ruth", "contract_terms"), ("astrid", "contract_terms"),
    ("tomasz", "knowledge_author"), ("helen", "support_leads"),
]

# key, name, members (users, or groups as "@key")
PUBLIC_GROUPS = [
    ("deal_desk", "Deal Desk", ["marcus", "ruth"]),
    ("tier2_engineers", "Tier 2 Engineers", ["tomasz", "helen"]),
    ("all_support", "All Support", ["lena", "sam", "@tier2_engineers"]),
    ("strategic", "Strategic Accounts Board", ["@deal_desk", "helen"]),
]
QUEUES = [
    ("q_tier1", "Support Intake", ["lena", "sam"]),
    ("q_tier2", "Engineering Escalations", ["tomasz"]),
    ("q_rma", "Returns and Repairs", ["sam", "tomasz"]),
]

# key, product code, name, family, list price in EUR, description
PRODUCTS = [
    ("k300", "TW-K300", "Kelda 300 ULT Freezer", "Freezers", 9450, "Ultra-low temperature freezer, 362 litres, -50 to -86 °C, controller K3."),
    ("k700", "TW-K700", "Kelda 700 ULT Freezer", "Freezers", 16900, "Ultra-low temperature freezer, 728 litres, -40 to -86 °C, two compressors, controller K7 with touch display."),
    ("o150", "TW-O150", "Orrin 150 CO2 Incubator", "Incubators", 7250, "CO2 incubator, 152 litres, infrared CO2 sensor, 180 °C dry-heat decontamination."),
    ("o150x", "TW-O150-X", "Orrin 150 X with O2 control", "Incubators", 9100, "Orrin 150 with O2 control from 1 to 20 %."),
    ("g4", "TW-G4", "Wharf G4 Gateway", "Connectivity", 1290, "Gateway for 64 Sedge sensors and 32 wired devices, Ethernet and Wi-Fi."),
    ("g4lte", "TW-G4-LTE", "Wharf G4 LTE Gateway", "Connectivity", 1690, "Wharf G4 with an LTE modem as a fallback."),
    ("t1", "TW-ST1", "Sedge T1 Temperature Sensor", "Connectivity", 185, "Wireless logger with an external PT100 probe, -200 to +60 °C."),
    ("h2", "TW-SH2", "Sedge H2 Humidity Sensor", "Connectivity", 215, "Wireless logger for room temperature and relative humidity."),
    ("bstd", "TW-BCN-STD", "Beacon Standard, per device and year", "Software", 96, "Portal subscription with 24 months of data."),
    ("bval", "TW-BCN-VAL", "Beacon Validated, per device and year", "Software", 168, "Portal subscription with audit trail, electronic signatures and 10 years of data."),
    ("crit", "TW-SVC-CRIT", "Critical Support, per site and year", "Services", 4800, "24/7 support with a first response within one hour."),
    ("cal", "TW-SVC-CAL", "On-site calibration, per day", "Services", 1150, "ISO 17025 traceable calibration by a Tarnwick engineer."),
]

# key | name | parent | industry | city | country | employees | revenue (million EUR) | support tier | owner | type | description
ACCOUNTS = """
aurelin | Aurelin Biobank | - | Healthcare | Zürich | Switzerland | 420 | 61 | Critical | jonas | Customer - Direct | National biobank with 1.4 million samples in 46 Kelda 700 freezers in two halls. Every alarm is reported to a cantonal regulator within 24 hours, so on-call escalation matters more to them than price. Plans a third hall in Winterthur.
corvane | Corvane Therapeutics | - | Biotechnology | Boston | United States | 1350 | 298 | Critical | rafael | Customer - Direct | Cell-therapy company running Orrin 150 X incubators and Beacon Validated at its clinical manufacturing site. Inspected by the FDA in 2025; validation documents are requested with every firmware release.
aurelin_lab | Aurelin Diagnostics Winterthur | aurelin | Healthcare | Winterthur | Switzerland | 85 | 12 | Plus | jonas | Customer - Direct | Diagnostics subsidiary of Aurelin Biobank; routine blood work, eight Kelda 300 freezers and a single gateway.
corvane_sd | Corvane Manufacturing San Diego | corvane | Biotechnology | San Diego | United States | 210 | 44 | Critical | rafael | Customer - Direct | Second manufacturing site of Corvane, opened in 2025. Clean rooms of grade B, gateways mounted outside the clean zone.
ostwald | Ostwald Universitätsklinikum | - | Healthcare | Jena | Germany | 5200 | 690 | Plus | jonas | Customer - Direct | University hospital with a central freezer farm and 14 institutes that buy on their own budgets. Purchasing goes through a public tender above 25,000 EUR.
ostwald_patho | Ostwald Institut für Pathologie | ostwald | Healthcare | Jena | Germany | 140 | 18 | Plus | jonas | Customer - Direct | Pathology institute of the hospital; paraffin archive and 12 Kelda 300.
ostwald_trans | Ostwald Transfusionsmedizin | ostwald | Healthcare | Jena | Germany | 95 | 15 | Critical | jonas | Customer - Direct | Blood bank of the hospital. Plasma freezers at -40 °C, regulated under AMG and EU GMP.
brenning | Brenning Pharma AG | - | Pharmaceuticals | Basel | Switzerland | 8800 | 2400 | Critical | jonas | Customer - Direct | Global pharmaceutical company with a stability-testing centre that holds 60 Sedge H2 sensors in walk-in chambers.
brenning_nc | Brenning Pharma North Carolina | brenning | Pharmaceuticals | Durham | United States | 1900 | 510 | Plus | rafael | Customer - Direct | US research campus of Brenning. Local IT refuses inbound connections of any kind and inspects TLS.
fjellheim | Fjellheim Havforskning | - | Agriculture | Bergen | Norway | 310 | 38 | Basic | jonas | Customer - Direct | Marine research institute. Uses Sedge T1 on research vessels where the gateway is offline for weeks at a time.
kirstad | Kirstad Sjukhus | - | Healthcare | Malmö | Sweden | 2700 | 310 | Plus | jonas | Customer - Direct | Regional hospital that replaced a competitor's monitoring with Beacon Standard in 2024.
lumivaara | Lumivaara Vaccines Oy | - | Pharmaceuticals | Tampere | Finland | 640 | 120 | Critical | jonas | Customer - Direct | Vaccine filler with a -70 °C bulk store. Audited by Fimea every 18 months.
dyrehavn | Dyrehavn Veterinærinstitut | - | Agriculture | Aarhus | Denmark | 180 | 22 | Basic | jonas | Customer - Direct | Veterinary reference laboratory for avian influenza, BSL-3 area with one-way material locks.
steinfurt | Steinfurt Zellbank GmbH | - | Biotechnology | Münster | Germany | 75 | 9 | Plus | jonas | Customer - Direct | Cell bank and contract store. Every customer of theirs receives a monthly temperature report out of Beacon.
alpenquell | Alpenquell Lebensmittelprüfung | - | Food & Beverage | Graz | Austria | 130 | 14 | Basic | jonas | Customer - Direct | Food-testing laboratory for dairies; incubators at 30 and 37 °C run round the clock.
nordhafen | Nordhafen Logistik Pharma | - | Transportation | Hamburg | Germany | 900 | 210 | Plus | jonas | Prospect | Pharma logistics provider that evaluates Sedge T1 for trailers and cold docks.
weissach | Weißach Gentechnik KG | - | Biotechnology | Ulm | Germany | 48 | 5 | Basic | jonas | Customer - Direct | Small plasmid producer with two Kelda 300 and an Orrin 150.
maison_vire | Maison Viré Cosmétiques | - | Consumer Goods | Lyon | France | 520 | 88 | Basic | claire | Customer - Direct | Cosmetics laboratory with stability chambers; buys one sensor batch a year.
institut_sault | Institut Sault de Génomique | - | Education | Montpellier | France | 260 | 31 | Plus | claire | Customer - Direct | Genomics institute funded by the region; shares freezers between 22 groups and bills them by shelf.
harrowgate | Harrowgate NHS Laboratories | - | Healthcare | Leeds | United Kingdom | 1150 | 140 | Critical | claire | Customer - Direct | Network of five pathology laboratories under one contract. Temperature excursions go into their quality system through webhooks.
harrowgate_york | Harrowgate York Hub | harrowgate | Healthcare | York | United Kingdom | 160 | 19 | Critical | claire | Customer - Direct | Microbiology hub of Harrowgate; nine Orrin 150 incubators.
pembury | Pembury Fertility Clinics | - | Healthcare | Bristol | United Kingdom | 340 | 52 | Critical | claire | Customer - Direct | IVF clinics at six addresses. Tri-gas Orrin 150 X incubators at 5 % oxygen; will not accept any maintenance during embryo culture days.
zeeburg | Zeeburg Plantenveredeling BV | - | Agriculture | Wageningen | Netherlands | 410 | 77 | Basic | claire | Customer - Direct | Plant breeder with seed vaults at -18 °C and tissue-culture rooms.
tolosa | Tolosa Investigación Clínica | - | Healthcare | Bilbao | Spain | 290 | 27 | Plus | claire | Customer - Direct | Clinical research organisation; sample shipments for sponsors in eleven countries.
caldera | Caldera Biosciences Lda | - | Biotechnology | Porto | Portugal | 64 | 7 | Basic | claire | Customer - Direct | University spin-off that grows organoids; price-sensitive, very active in beta programmes.
ferrante | Ferrante Farmaceutici SpA | - | Pharmaceuticals | Parma | Italy | 1700 | 330 | Plus | claire | Customer - Direct | Generics maker. Plant in Parma uses 210 Sedge sensors for warehouse mapping.
ferrante_qc | Ferrante Quality Control Nord | ferrante | Pharmaceuticals | Bologna | Italy | 90 | 11 | Plus | claire | Customer - Direct | Central QC laboratory of Ferrante with reference-standard freezers.
glenmore | Glenmore Distillery Research | - | Food & Beverage | Inverness | United Kingdom | 58 | 8 | Basic | claire | Customer - Direct | Yeast collection of a distillers' association, 3,100 strains at -80 °C.
ardmore | Ardmore Veterinary Labs | - | Healthcare | Dublin | Ireland | 120 | 16 | Basic | claire | Customer - Direct | Animal pathology; took over two gateways second-hand from a closed site.
lysander | Lysander Antiquities Conservation | - | Nonprofit | Athens | Greece | 45 | 3 | Basic | claire | Customer - Direct | Museum conservation laboratory that watches humidity in 40 display cases with Sedge H2.
marrakesh | Atlas Santé Laboratoires | - | Healthcare | Casablanca | Morocco | 480 | 35 | Plus | claire | Customer - Direct | Private laboratory chain; sites have frequent power cuts and depend on backup batteries.
qamar | Qamar Blood Services | - | Healthcare | Amman | Jordan | 230 | 21 | Plus | claire | Customer - Direct | Blood service with mobile collection units; contact persons prefer Arabic but tickets are in English.
stellamar | Stellamar Ocean Foods | - | Food & Beverage | Vigo | Spain | 2100 | 260 | Basic | claire | Prospect | Frozen fish processor that looks for monitoring of 90 cold rooms.
kaldera_is | Hverfell Genetics | - | Biotechnology | Reykjavík | Iceland | 150 | 33 | Plus | ingrid | Customer - Direct | Population genetics company, 320,000 DNA samples, geothermal site with very warm plant rooms.
baltika | Baltika Medicinos Centras | - | Healthcare | Vilnius | Lithuania | 610 | 58 | Basic | ingrid | Customer - Direct | Hospital group that consolidates three laboratories into a new building during 2026.
meridian | Meridian Contract Research | - | Biotechnology | Philadelphia | United States | 2600 | 420 | Critical | rafael | Customer - Direct | Contract research organisation. 118 freezers over four buildings, heavy user of the Beacon API for its own sample system.
meridian_tx | Meridian Houston Repository | meridian | Biotechnology | Houston | United States | 140 | 25 | Critical | rafael | Customer - Direct | Long-term repository of Meridian, hurricane plan with diesel generators and LTE gateways.
lakemont | Lakemont Children's Hospital | - | Healthcare | Chicago | United States | 4100 | 880 | Plus | rafael | Customer - Direct | Paediatric hospital. Donor-milk freezers and a research tower; facilities and research have separate Beacon tenants.
saguaro | Saguaro State University | - | Education | Tucson | United States | 9800 | 1300 | Basic | rafael | Customer - Direct | State university with 60 principal investigators; each one buys with grants, purchasing cards below 10,000 USD.
prairie | Prairie Seed Genetics | - | Agriculture | Des Moines | United States | 730 | 190 | Basic | rafael | Customer - Direct | Seed company; uses Sedge H2 in dryers.
tidewater | Tidewater Public Health Lab | - | Government | Norfolk | United States | 160 | 24 | Plus | rafael | Customer - Direct | State laboratory for rabies and arbovirus testing. Requires FIPS-approved cryptography in network equipment.
bluffside | Bluffside Brewing Cooperative | - | Food & Beverage | Milwaukee | United States | 95 | 11 | Basic | rafael | Customer - Direct | Cooperative of 30 breweries with a shared yeast laboratory.
cascada | Cascada Biologics | - | Biotechnology | Seattle | United States | 820 | 175 | Plus | rafael | Customer - Direct | Antibody producer. Moved from paper charts to Beacon Validated in 2025.
hudsonvale | Hudsonvale Transplant Network | - | Healthcare | Albany | United States | 270 | 39 | Critical | rafael | Customer - Direct | Tissue bank for transplants; every excursion above -65 °C leads to discarding of grafts.
redmesa | Red Mesa Water District | - | Government | Albuquerque | United States | 210 | 30 | Basic | rafael | Customer - Direct | Water-testing laboratory; four Orrin 150 incubators for coliform tests.
northgate | Northgate Forensics | - | Government | Toronto | Canada | 330 | 45 | Plus | rafael | Customer - Direct | Forensic laboratory; evidence freezers with door-open audit.
laurentide | Laurentide Recherche Clinique | - | Healthcare | Montréal | Canada | 180 | 20 | Plus | rafael | Customer - Direct | Clinical research unit; correspondence in French or English.
selva | Selva Azul Biodiversity Institute | - | Nonprofit | Manaus | Brazil | 110 | 6 | Basic | rafael | Customer - Direct | Biodiversity archive. Power is unstable and humidity above 85 % for most of the year.
pampas | Pampas Genética Bovina | - | Agriculture | Rosario | Argentina | 240 | 28 | Basic | rafael | Customer - Direct | Cattle genetics; semen and embryo storage, five Kelda 300.
tierra | Laboratorios Tierra Alta | - | Pharmaceuticals | Bogotá | Colombia | 950 | 115 | Plus | rafael | Customer - Direct | Pharmaceutical laboratory at 2,600 metres of altitude; CO2 calibration needs the altitude correction.
puebla | Puebla Diagnóstica | - | Healthcare | Puebla | Mexico | 420 | 33 | Basic | rafael | Customer - Direct | Diagnostics chain of 19 branches, each with one gateway on LTE.
keystone | Keystone Vaccine Depot | - | Government | Harrisburg | United States | 75 | 14 | Critical | dana | Customer - Direct | State vaccine depot with a -75 °C store; contract through a state purchasing vehicle.
ironwood | Ironwood Semiconductor Labs | - | Electronics | Phoenix | United States | 3400 | 960 | Basic | dana | Prospect | Chip maker that wants to watch photoresist refrigerators.
oldport | Old Port Diagnostics | - | Healthcare | Portland | United States | 140 | 13 | Basic | victor | Customer - Direct | Small diagnostics laboratory, not visited since its account executive left.
verdance | Verdance Crop Science | - | Agriculture | Sacramento | United States | 560 | 72 | Basic | victor | Other | Cancelled its Beacon subscription in 2024 after the merger with a larger group.
solace | Solace Hospice Pharmacy | - | Healthcare | Atlanta | United States | 90 | 17 | Basic | dana | Customer - Direct | Compounding pharmacy with refrigerators at 2 to 8 °C.
yukawa | 湯川 Medical Research (Yukawa) | - | Healthcare | Vancouver | Canada | 130 | 19 | Plus | dana | Customer - Direct | North American branch of a Japanese research foundation; labels its samples in Japanese (試料).
granite | Granite Peak Stem Cells | - | Biotechnology | Denver | United States | 66 | 8 | Plus | dana | Customer - Direct | Stem-cell start-up at 1,600 metres of altitude; two Orrin 150 X.
harbourline | Harbourline Cold Chain | - | Transportation | Halifax | Canada | 310 | 41 | Basic | dana | Prospect | Cold-chain haulier asking for door sensors that Tarnwick does not make yet.
novaterra | NovaTerra Clinical Trials | - | Healthcare | San Juan | United States | 105 | 12 | Plus | dana | Customer - Direct | Trial site on an island; deliveries take nine days, so spare parts are kept on site.
"""

FIRST_NAMES = {
    "German": ["Katrin", "Stefan", "Jürgen", "Anke", "Matthias", "Birgit", "Florian", "Ulrike", "Götz", "Henrike"],
    "Nordic": ["Åsa", "Bjørn", "Sigrid", "Mikko", "Freja", "Lárus", "Eivind", "Sanna"],
    "Romance": ["Élodie", "Mathieu", "Paola", "Iker", "Inês", "Giulia", "Thibault", "Núria", "Rui", "Amélie"],
    "English": ["Joanne", "Peter", "Aisha", "Gareth", "Nicole", "Kevin", "Shauna", "Walter", "Priya", "Denise", "Marvin", "Olivia"],
    "Latin": ["Beatriz", "Hernán", "Lucía", "Thiago", "Marisol", "Andrés", "Paloma", "Gustavo"],
}
LAST_NAMES = {
    "German": ["Vogelsang", "Krähenbühl", "Dietz", "Oberländer", "Weißgerber", "Rüegg", "Thalmann", "Immel"],
    "Nordic": ["Håkansson", "Ødegård", "Lindqvist", "Virtanen", "Kjær", "Þórsson", "Nyström"],
    "Romance": ["Marchetti", "Etxeberria", "Lacroix", "Figueiredo", "Delaunay", "Bonfanti", "Carvalho", "Sabatier"],
    "English": ["Hargreaves", "Nakamura-Bell", "Adeyemi", "Pruitt", "McAllister", "Stanhope", "Okonkwo", "Feldman", "Birch", "Castellano"],
    "Latin": ["Quiroga", "Villanueva", "Azevedo", "Restrepo", "Barrios", "Monteiro", "Cárdenas"],
}
NAME_STYLE = {
    "Switzerland": "German", "Germany": "German", "Austria": "German",
    "Norway": "Nordic", "Sweden": "Nordic", "Finland": "Nordic", "Denmark": "Nordic", "Iceland": "Nordic", "Lithuania": "Nordic",
    "France": "Romance", "Spain": "Romance", "Portugal": "Romance", "Italy": "Romance", "Greece": "Romance", "Morocco": "Romance",
    "Brazil": "Latin", "Argentina": "Latin", "Colombia": "Latin", "Mexico": "Latin",
}
CONTACT_TITLES = [
    ("Laboratory Manager", "Laboratory"), ("Head of Quality", "Quality"), ("Facilities Engineer", "Facilities"),
    ("Procurement Officer", "Purchasing"), ("IT Systems Administrator", "IT"), ("Principal Scientist", "Research"),
    ("Biorepository Supervisor", "Laboratory"), ("Metrology Technician", "Quality"), ("Director of Operations", "Operations"),
]
# contacts with names that test a display: account, first, last, title
SPECIAL_CONTACTS = [
    ("qamar", "ليلى", "الخطيب", "Head of Quality"),
    ("yukawa", "美咲", "田中", "Principal Scientist"),
    ("kaldera_is", "Zoe\u0308", "A\u030angstro\u0308m", "Facilities Engineer"),
    ("aurelin", "Regula", "Amstutz", "Head of Operations"),
    ("aurelin", "Beat", "Zollinger", "Chief Medical Archivist"),
    ("aurelin", "Noémie", "Grandjean", "On-call Coordinator"),
    ("corvane", "Terrence", "Obi", "VP Technical Operations"),
    ("corvane", "Meilin", "Zhao", "Validation Lead"),
    ("corvane", "Grant", "Pelletier", "Procurement Director"),
]

# first, last, company, title, status, industry, source, what they said
LEADS = """
Nils|Engström|Sundsvall Cryo AB|Founder|Open - Not Contacted|Biotechnology|Web|Downloaded the Kelda comparison sheet and asked whether a 700 fits through a 90 cm door.
Carla|Ventura|Clínica Ventura|Owner|Working - Contacted|Healthcare|Trade Show|Met at the Barcelona lab fair; wants two incubators and a leasing offer.
Tobias|Rehm|Rehm Labortechnik|Managing Director|Working - Contacted|Manufacturing|Partner|Dealer from Kassel who would like to resell Sedge sensors in Hessen.
Yara|Haddad|Cedar Immune Labs|COO|Open - Not Contacted|Biotechnology|Web|Needs 10 years of data retention and electronic signatures.
Ewan|McReady|Loch Fyne Hatcheries|Technician|Closed - Not Converted|Agriculture|Web|Only wanted a single refrigerator thermometer; referred to a dealer.
Dolores|Quintero|Farmacia Central Quintero|Pharmacist|Open - Not Contacted|Healthcare|Phone Inquiry|Asks for a price per branch for 30 branches.
Jun|Arai|Kitano Foods|QA Manager|Working - Contacted|Food & Beverage|Web|Looks for humidity monitoring in miso rooms (味噌).
Petra|Schreiner|Stadtwerke Ilmenau|Laborleiterin|Open - Not Contacted|Government|Web|Bittet um ein Angebot für vier Orrin 150 für Coliform-Tests.
Abdul|Rahmani|Kabul Road Vaccines Project|Logistics Lead|Unqualified|Nonprofit|Web|No mains power at the sites; our freezers need 230 V.
Grace|Tanaka|Emerald Isle Seaweed|CEO|Working - Contacted|Agriculture|Trade Show|Interested in LTE gateways for drying barns.
Milan|Horvat|Horvat Diagnostika|Director|Open - Not Contacted|Healthcare|Partner|Wants Croatian user interface before buying.
Sofia|Lindgren|Umeå Protein Core|Facility Head|Working - Contacted|Education|Web|Tender for six ULT freezers closes in February 2027.
Brandon|Tull|Tull Craft Cider|Owner|Closed - Not Converted|Food & Beverage|Web|Budget below 500 USD.
Irene|Papadaki|Aegean Olive Board|Researcher|Open - Not Contacted|Agriculture|Web|Asked for the Sedge H2 accuracy at 15 % relative humidity.
Mateo|Iglesias|Banco de Sangre del Sur|Jefe de Calidad|Working - Contacted|Healthcare|Phone Inquiry|Needs Spanish training material; three -40 °C plasma freezers.
Hannah|Osei|Accra Genome Hub|Lab Manager|Open - Not Contacted|Education|Web|Voltage dips down to 190 V; asks whether a Kelda 300 survives them.
Luc|Vandamme|Vandamme Chocolatier|Head of Production|Unqualified|Food & Beverage|Web|Wanted cooling cabinets at 14 °C, which we do not make.
Rebecca|Stroud|Stroud Equine Hospital|Practice Manager|Working - Contacted|Healthcare|Trade Show|Existing customer of a competitor whose portal closes in March 2027.
Óscar|Peña|Viñedos Peña|Enologist|Open - Not Contacted|Agriculture|Web|Barrel-room humidity with 25 sensors.
Daniela|Fuchs|Fuchs & Sohn Pathologie|Inhaberin|Working - Contacted|Healthcare|Web|Möchte zwei Kelda 300 mit Beacon Standard, Lieferung im Januar 2027.
Kwame|Boateng|Gold Coast Blood Bank|Director|Open - Not Contacted|Healthcare|Web|Asks about solar inverters and the start current of a Kelda 300.
Lotte|Brouwer|Polder Dairy Institute|Analyst|Working - Contacted|Food & Beverage|Partner|Pilot with 10 Sedge T1 agreed for January 2027.
Ivan|Marković|Danube Peptides|CTO|Open - Not Contacted|Pharmaceuticals|Web|Requests Annex 11 statement for Beacon Validated.
Chloe|Bergeron|Université du Fleuve|Acheteuse|Closed - Not Converted|Education|Web|Lost to the incumbent because of delivery time.
Ahmed|Siddiqui|Indus Diagnostics|Head of IT|Working - Contacted|Healthcare|Web|Wants to host the portal himself; told that Beacon is cloud only.
Judith|Amann|Amann Hygiene Institut|Geschäftsführerin|Open - Not Contacted|Healthcare|Trade Show|Interesse an Validierungspaket IQ/OQ.
Carlos|Brito|Ilha Verde Turtle Sanctuary|Biologist|Open - Not Contacted|Nonprofit|Web|Incubation of turtle eggs 🐢 at 29 °C in an Orrin 150.
Wendy|Ng|Straits Cord Blood|Quality Director|Working - Contacted|Healthcare|Partner|Compares us with two vendors; decision in Q1 2027.
Filip|Novák|Brno Cell Works|Engineer|Open - Not Contacted|Biotechnology|Web|Asks for the Beacon API rate limits before a proof of concept.
Salma|Ould Ahmed|Nouakchott Fisheries Lab|Head|Unqualified|Government|Web|No import permit for refrigerant R-290.
"""
