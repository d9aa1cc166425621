"""The story of data/demo: ninety days of an invented actor, Paper Lantern.

tell() returns the events. Everything here is made up: addresses are of the
documentation networks, names under .example, .test and example.com/net/org;
people, organisations, programs and hashes exist nowhere else. What the story is
meant to show is written down in data/demo/README.md.
"""

from make_demo import Dice, Event, File, Org, date_of, fingerprint

# --- who tells ------------------------------------------------------------------

CERT = Org("Example National CERT")
REIJI = Org("例示セキュリティ研究所")
NORTHWIND = Org("Northwind Threat Research (example)")
HARBOR = Org("Harbor ISAC (example)")
CITY = Org("みなと例市 SOC")
FEED = Org("OpenFeed Daily (example)")
BLOG = Org("Quickscan Blog (example)")

# --- the actor's things, and from which day each is in use -----------------------

ACTOR = 'misp-galaxy:threat-actor="Paper Lantern"'
TSUBAME = 'kizashi-demo:malware="tsubame"'
GLASSEEL = 'kizashi-demo:malware="glasseel"'
INKWELL = 'kizashi-demo:malware="inkwell"'
MOLDYBREAD = 'kizashi-demo:malware="moldybread"'
OTTER = 'misp-galaxy:threat-actor="Cryptic Otter"'
PORTS = 'misp-galaxy:sector="Maritime"'
LOGISTICS = 'misp-galaxy:sector="Logistic"'
WATER = 'misp-galaxy:sector="Water"'
PHISHING = 'misp-galaxy:mitre-attack-pattern="Spearphishing Attachment - T1566.001"'
SURE = ('admiralty-scale:source-reliability="b"', 'admiralty-scale:information-credibility="2"')
DOUBTFUL = ('admiralty-scale:source-reliability="d"', 'admiralty-scale:information-credibility="5"')

FIRST_SERVER = "192.0.2.10"
SHARED_HOST = "203.0.113.80"
OPERATOR = "198.51.100.7"
SINKHOLE = "192.0.2.200"
SECOND_SERVERS = ("198.51.100.23", "198.51.100.24", "198.51.100.77")
SECOND_SERVER6 = "2001:db8:4b1::23"
OLD_CERTIFICATE = fingerprint("paper lantern, first")
NEW_CERTIFICATE = fingerprint("paper lantern, second")
REGISTRANT = "lantern.registrant@example.net"
MUTEX = "Global\\tsubame-3f"
AGENT = "Mozilla/5.0 (compatible; TsubameSync/1.2)"
JA3 = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

# name, address, first day, last day.
NAMES = [
    ("port-schedule.example", FIRST_SERVER, 1, 34),
    ("cdn.port-schedule.example", FIRST_SERVER, 2, 34),
    ("login.example.test", FIRST_SERVER, 6, 60),
    ("mail.example.test", FIRST_SERVER, 6, 60),
    ("lantern-update.test", FIRST_SERVER, 17, 58),
    ("api.lantern-update.test", FIRST_SERVER, 18, 58),
    ("lantern-parcel.example", SHARED_HOST, 30, 33),
    ("water-meter.example.test", SECOND_SERVERS[0], 43, 81),
    ("glass-relay.test", SECOND_SERVERS[0], 44, 81),
    ("telemetry.glass-relay.test", SECOND_SERVERS[1], 46, 81),
    ("invoice-portal.example", SECOND_SERVERS[2], 60, 81),
    ("secure.invoice-portal.example", SECOND_SERVERS[2], 61, 81),
    ("paper-crane.example", SECOND_SERVERS[1], 66, 81),
    ("stone-garden.test", SECOND_SERVERS[2], 68, 81),
]

XLSM = "application/vnd.ms-excel.sheet.macroenabled.12"
BERTH_PLAN = File("berth_plan_2026.xlsm", 184320, XLSM)
LOADER = File("tsubame_sync.exe", 417792)
LOADER_DLL = File("swallow.dll", 98304)
PARCEL_NOTE = File("お荷物のお知らせ.xlsm", 191488, XLSM)
LOADER_2 = File("tsubame_sync2.exe", 421888)
BACKDOOR = File("glasseel.exe", 1310720)
BACKDOOR_DLL = File("eelnet.dll", 262144)
INVOICE = File("請求書_2026年10月.xlsm", 202752, XLSM)
LOADER_3 = File("tsubame_sync3.exe", 430080)
BACKDOOR_2 = File("glasseel_v2.exe", 1343488)

# From which day a file may be met.
FILES = [(BERTH_PLAN, 1), (LOADER, 2), (LOADER_DLL, 2), (PARCEL_NOTE, 17), (LOADER_2, 18),
         (BACKDOOR, 44), (BACKDOOR_DLL, 44), (INVOICE, 60), (LOADER_3, 61), (BACKDOOR_2, 67)]


def names_on(day):
    return [row for row in NAMES if row[2] <= day <= row[3]]


def files_until(day):
    return [file for file, first in FILES if first <= day]


# --- what has nothing to do with it -----------------------------------------------

BREADS = ("rye", "brioche", "bagel", "naan", "melonpan", "ciabatta", "scone", "pretzel",
          "anpan", "focaccia", "lavash", "crumpet")
OFFERS = ("deals", "prize", "pills", "wallet", "survey", "refund")


def spam_names():
    """72 shops of a spam ring, half of them on the shared host."""
    dice = Dice("spam names")
    rows = []
    for i, bread in enumerate(BREADS):
        for j, offer in enumerate(OFFERS):
            name = f"{bread}-{offer}.{'example' if (i + j) % 2 else 'test'}"
            address = SHARED_HOST if j % 2 else f"203.0.113.{100 + dice.below(120)}"
            rows.append((name, address))
    return rows


SPAM = spam_names()


# --- the reports on the campaign ----------------------------------------------------

def first_mail():
    e = Event(HARBOR, 3, "Berth plan that nobody asked for: phishing against port operators",
              ("tlp:green", PORTS, PHISHING), level=2)
    mail = e.mail("noreply@port-schedule.example", "berths@harbor-office.example.org",
                  "Revised berth plan / バース計画の改訂", BERTH_PLAN)
    lure = e.file(BERTH_PLAN, "the attachment; its macro fetches the loader")
    e.refer(lure, mail, "delivered-by")
    place = e.resolved("port-schedule.example", FIRST_SERVER, 1, 3)
    e.refer(lure, place, "connects-to")
    e.add("url", "http://port-schedule.example/berth/plan.php", "fetched by the macro", first=2)
    e.add("ip-dst", FIRST_SERVER, "web server of the lure", first=1)
    e.add("target-location", "Japan")
    e.report("What happened", "Three member ports got the same mail on "
             f"{date_of(2)}. The sender's name was registered the day before.\n\n"
             "If you see `port-schedule.example` in your proxy logs, please tell us.")
    return e


def loader_analysis():
    e = Event(REIJI, 5, "港湾事業者を狙うローダー「TSUBAME」の解析",
              ("tlp:clear", TSUBAME, PORTS, *SURE), level=2)
    loader = e.file(LOADER, "本体")
    library = e.file(LOADER_DLL, "サイドロードされるDLL")
    place = e.resolved("cdn.port-schedule.example", FIRST_SERVER, 2, 5, "通信先")
    e.refer(loader, library, "drops", "%TEMP% に作成")
    e.refer(library, place, "connects-to")
    e.add("mutex", MUTEX, "二重起動の防止")
    e.add("user-agent", AGENT, "ビーコンのUser-Agent")
    e.add("regkey", "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\TsubameSync", "永続化")
    e.add("x509-fingerprint-sha256", OLD_CERTIFICATE, "C2サーバーの自己署名証明書")
    e.add("ja3-fingerprint-md5", JA3)
    e.add("url", "https://cdn.port-schedule.example/sync/v1/beacon", "ビーコン", first=2)
    e.add("weakness", "CWE-427", "検索パスの悪用")
    e.add("yara", "rule tsubame_demo { strings: $m = \"tsubame-3f\" wide ascii condition: $m }",
          "ミューテックス名による検知")
    e.report("解析結果", "## 概要\n\nTSUBAME（燕）は約400 KBのローダーで、`swallow.dll` を"
             "サイドロードし、60秒ごとに `cdn.port-schedule.example` へビーコンを送信します。\n\n"
             "## 特徴\n\n- ミューテックス `Global\\tsubame-3f`\n- 自己署名証明書を使い回している\n"
             "- 攻撃者名は当社では **紙灯籠 (Paper Lantern)** と呼びます\n")
    return e


def first_overview():
    e = Event(NORTHWIND, 9, "Paper Lantern: a new actor at the waterfront",
              ("tlp:clear", ACTOR, TSUBAME, INKWELL, PORTS, *SURE), level=2)
    e.add("threat-actor", "Paper Lantern", "also: 紙灯籠")
    kit = e.resolved("login.example.test", FIRST_SERVER, 6, 9, "credential page, kit INKWELL")
    page = e.resolved("mail.example.test", FIRST_SERVER, 6, 9)
    e.refer(kit, page, "related-to")
    e.add("hostname", "login.example.test", "copies a port's single sign-on page", first=6)
    e.add("hostname", "mail.example.test", first=6)
    e.add("url", "http://login.example.test/sso/ink.php", "INKWELL posts passwords here", first=7)
    e.add("ip-dst", FIRST_SERVER, "the same server as the loader's", first=1)
    e.add("sha256", LOADER.sha256, "TSUBAME")
    e.add("x509-fingerprint-sha256", OLD_CERTIFICATE, "seen on port 8443")
    e.add("ip-dst|port", f"{FIRST_SERVER}|8443")
    e.add("vulnerability", "CVE-2099-0001", "invented; the lure's text claims a patch for it")
    e.add("link", "https://northwind.example.com/reports/paper-lantern")
    e.report("Assessment", "One server, `192.0.2.10`, carries the lure, the loader's command channel "
             "and a credential page. We call the operators **Paper Lantern**.\n\n"
             "Confidence is moderate: one campaign, one sector, six weeks at most.")
    return e


def cert_alert(extends):
    e = Event(CERT, 16, "注意喚起: 港湾関係者を装う標的型メール / Alert: mail posing as port partners",
              ("tlp:clear", ACTOR, TSUBAME, PORTS), level=2, extends=extends)
    for name, address, first, _ in NAMES[:4]:
        e.add("domain" if name.count(".") == 1 else "hostname", name, first=first)
        e.add("ip-dst", address, "ブロック推奨 / block")
    for file in (BERTH_PLAN, LOADER, LOADER_DLL):
        e.add("sha256", file.sha256, file.name)
    e.report("対策", "1. `port-schedule.example` と `example.test` 配下への通信を確認する\n"
             "2. マクロを既定で無効にする\n3. 見つけたときは当CERTへ連絡する")
    return e


def reuse():
    e = Event(NORTHWIND, 21, "Old address, new names: 192.0.2.10 now serves lantern-update.test",
              ("tlp:green", ACTOR, TSUBAME, LOGISTICS, *SURE), level=2)
    place = e.resolved("lantern-update.test", FIRST_SERVER, 17, 21)
    other = e.resolved("api.lantern-update.test", FIRST_SERVER, 18, 21)
    e.refer(place, other, "related-to", "same certificate")
    e.add("x509-fingerprint-sha256", OLD_CERTIFICATE, "unchanged since August")
    e.add("ip-dst", FIRST_SERVER, first=1)
    e.add("whois-registrant-email", REGISTRANT, "of lantern-update.test")
    e.add("url", "https://api.lantern-update.test/sync/v1/beacon", "the path has not changed either",
          first=18)
    return e


def second_wave():
    e = Event(REIJI, 24, "物流会社への波及: TSUBAMEの新しい検体", ("tlp:green", ACTOR, TSUBAME, LOGISTICS,
                                                    *SURE), level=2)
    mail = e.mail("info@lantern-update.test", "haisou@logistics.example.org",
                  "お荷物のお知らせ（再配達）", PARCEL_NOTE)
    lure = e.file(PARCEL_NOTE, "添付ファイル")
    loader = e.file(LOADER_2, "8月の検体と同じミューテックス")
    e.refer(lure, mail, "delivered-by")
    e.refer(lure, loader, "drops")
    e.add("mutex", MUTEX)
    e.add("ja3-fingerprint-md5", JA3)
    e.add("domain", "lantern-update.test", "通信先", first=17)
    e.report("所見", "標的は港湾から物流へ移りましたが、ミューテックスと証明書は同じです。"
             "設備の使い回しから、同一の攻撃者と考えます。")
    return e


def parked():
    e = Event(HARBOR, 33, "Parked for a weekend: lantern-parcel.example on shared hosting",
              ("tlp:amber", ACTOR, LOGISTICS), level=3, analysis=1)
    e.resolved("lantern-parcel.example", SHARED_HOST, 30, 33)
    e.add("ip-dst", SHARED_HOST, "many others live here; do not block it blindly", to_ids=False,
          first=30)
    e.add("whois-registrant-email", REGISTRANT)
    return e


def false_trail():
    e = Event(BLOG, 36, "EXCLUSIVE: Paper Lantern and the MOLDYBREAD spam ring are one",
              ("tlp:clear", ACTOR, MOLDYBREAD, *DOUBTFUL), level=1, analysis=0)
    e.add("ip-dst", SHARED_HOST, "THE command server", first=30)
    e.add("domain", "lantern-parcel.example")
    for name, address in SPAM:
        if address == SHARED_HOST:
            e.add("domain", name, "same server, same people")
    e.report("Our scoop", "All of these names share **one** address with Paper Lantern. "
             "Coincidence? We think not.")
    return e


def correction(mistaken):
    e = Event(CERT, 41, "訂正: 203.0.113.80 は共用ホスティング / Correction: 203.0.113.80 is shared hosting",
              ("tlp:clear", MOLDYBREAD, *SURE), level=4, extends=mistaken)
    row = e.add("ip-dst", SHARED_HOST, "共用ホスティング / shared hosting", to_ids=False)
    e.sight(row, CERT, 41, kind=1, source="hosting company")
    e.sight(row, NORTHWIND, 42, kind=1, source="passive DNS: 400 unrelated names")
    name = e.add("domain", "lantern-parcel.example", "これだけが紙灯籠 / the only one of Paper Lantern's")
    e.sight(name, HARBOR, 33, source="mail gateway")
    e.report("訂正 / Correction", "`203.0.113.80` には約400の無関係なドメインがあります。"
             "アドレスの一致だけで同一の攻撃者とは言えません。\n\n"
             "Some 400 unrelated names live at `203.0.113.80`. Sharing it proves nothing; the "
             "spam ring MOLDYBREAD and Paper Lantern have nothing else in common.")
    for other in mistaken.json["Attribute"]:
        if other["value"] == SHARED_HOST:
            mistaken.sight(other, CERT, 41, kind=1, source="correction")
    return e


def water():
    e = Event(CITY, 47, "水道設備の保守端末で不審な通信", ("tlp:amber", GLASSEEL, WATER), level=1, analysis=1)
    e.file(BACKDOOR, "保守端末から回収")
    seen = e.add("ip-dst", SECOND_SERVERS[0], "通信先", first=44)
    for day in (44, 45, 46):
        e.sight(seen, CITY, day, source="ファイアウォール")
    e.add("hostname", "water-meter.example.test", "名前解決あり", first=43)
    e.add("windows-service-name", "EelNetSvc", "サービス登録")
    e.add("target-org", "みなと例市 水道局（架空）")
    return e


def backdoor_analysis():
    e = Event(REIJI, 50, "バックドア「GLASSEEL」の解析: 紙灯籠との関係", ("tlp:clear", ACTOR, GLASSEEL, WATER,
                                                       *SURE), level=1)
    program = e.file(BACKDOOR, "本体")
    library = e.file(BACKDOOR_DLL, "通信モジュール")
    loader = e.file(LOADER_2, "感染の起点")
    place = e.resolved("glass-relay.test", SECOND_SERVERS[0], 44, 50)
    e.refer(loader, program, "downloads")
    e.refer(program, library, "includes")
    e.refer(library, place, "connects-to")
    e.add("ip-dst", SECOND_SERVER6, "IPv6の通信先", first=46)
    e.add("x509-fingerprint-sha256", NEW_CERTIFICATE, "9月に作られた新しい証明書")
    e.add("mutex", MUTEX, "TSUBAMEと共通")
    e.add("windows-service-name", "EelNetSvc")
    e.add("url", "https://glass-relay.test/eel/v2/push", first=45)
    e.report("紙灯籠との関係", "GLASSEEL（硝子鰻）は TSUBAME の二番目の検体が取得します。"
             "ミューテックスが共通で、登録者のメールアドレスも一致します。")
    return e


def certificate_pivot():
    e = Event(NORTHWIND, 55, "Pivot on a certificate: three more servers of Paper Lantern",
              ("tlp:green", ACTOR, GLASSEEL, *SURE), level=2)
    e.add("x509-fingerprint-sha256", NEW_CERTIFICATE, "the starting point")
    for number, address in enumerate(SECOND_SERVERS):
        e.add("ip-dst", address, "presents the certificate on port 443", first=44 + number)
        e.add("ip-dst|port", f"{address}|443")
    e.add("ip-dst", SECOND_SERVER6, first=46)
    e.resolved("telemetry.glass-relay.test", SECOND_SERVERS[1], 46, 55)
    e.add("AS", "64501", "all three; a documentation number")
    e.report("How we got there", "Reiji's report gave one certificate. Scanning found it at "
             "`198.51.100.23`, `.24` and `.77`; the last one had no name yet. Watch it.")
    return e


def cert_advisory(extends):
    e = Event(CERT, 58, "Advisory: GLASSEEL in water supply / 水道分野におけるGLASSEELについて",
              ("tlp:clear", ACTOR, GLASSEEL, WATER), level=1, extends=extends)
    for address in SECOND_SERVERS:
        e.add("ip-dst", address, "block / ブロック推奨")
    for name in ("water-meter.example.test", "glass-relay.test", "telemetry.glass-relay.test"):
        e.add("domain" if name.count(".") == 1 else "hostname", name)
    for file in (BACKDOOR, BACKDOOR_DLL):
        e.add("sha256", file.sha256, file.name)
        e.add("sha1", file.sha1, file.name)
    return e


def invoices():
    e = Event(HARBOR, 64, "Invoices from invoice-portal.example: the third wave",
              ("tlp:green", ACTOR, TSUBAME, PORTS, LOGISTICS, PHISHING), level=2)
    mail = e.mail("billing@invoice-portal.example", "accounts@harbor-office.example.org",
                  "請求書送付のご案内（10月分）", INVOICE)
    lure = e.file(INVOICE)
    loader = e.file(LOADER_3)
    place = e.resolved("invoice-portal.example", SECOND_SERVERS[2], 60, 64,
                       "the server Northwind had told us to watch")
    e.refer(lure, mail, "delivered-by")
    e.refer(lure, loader, "drops")
    e.refer(loader, place, "connects-to")
    e.add("hostname", "secure.invoice-portal.example", first=61)
    e.add("user-agent", AGENT)
    return e


def registrant_pivot():
    e = Event(REIJI, 70, "登録者メールアドレスから見える紙灯籠のドメイン群", ("tlp:green", ACTOR, *SURE), level=2)
    e.add("whois-registrant-email", REGISTRANT, "起点")
    for name, address, first, _ in NAMES:
        if name.count(".") == 1 and first >= 17:
            e.add("domain", name, f"登録 {date_of(first - 1)}")
            e.add("domain|ip", f"{name}|{address}")
    e.report("登録の癖", "すべて稼働の前日に登録されています。`stone-garden.test` はまだ使われていません。")
    return e


def traffic():
    e = Event(NORTHWIND, 76, "What GLASSEEL says on the wire, and its second version",
              ("tlp:green", ACTOR, GLASSEEL, *SURE), level=2)
    program = e.file(BACKDOOR_2, "adds a fall-back name")
    place = e.resolved("paper-crane.example", SECOND_SERVERS[1], 66, 76, "fall-back")
    e.refer(program, place, "connects-to")
    e.add("ja3-fingerprint-md5", JA3, "the loader's, unchanged")
    e.add("url", "https://paper-crane.example/eel/v2/push", first=67)
    e.add("x509-fingerprint-sha256", NEW_CERTIFICATE)
    return e


def takedown(extends):
    e = Event(CERT, 82, "紙灯籠のドメインのシンクホール化 / Paper Lantern's names now lead to a sinkhole",
              ("tlp:clear", ACTOR, 'kizashi-demo:status="sinkholed"'), level=3, extends=extends)
    e.add("ip-src", OPERATOR, "サーバーの管理に使われた接続元 / the servers were run from here", first=10)
    sink = e.add("ip-dst", SINKHOLE, "シンクホール（当CERTが運用）/ sinkhole run by us", to_ids=False, first=82)
    e.sight(sink, CERT, 83, source="sinkhole")
    for name, _, _, last in NAMES:
        if last == 81:
            row = e.add("domain" if name.count(".") == 1 else "hostname", name,
                        "感染端末の特定に / to find what is infected", first=82)
            e.sight(row, CERT, 83, kind=2, source="takedown")
    return e


def last_report(extends):
    e = Event(NORTHWIND, 87, "Ninety days of Paper Lantern / 紙灯籠の九十日",
              ("tlp:clear", ACTOR, TSUBAME, GLASSEEL, INKWELL, PORTS, LOGISTICS, WATER, *SURE),
              level=1, extends=extends)
    e.add("threat-actor", "Paper Lantern", "紙灯籠")
    for name, address, first, last in NAMES:
        e.resolved(name, address, first, last)
    for file, first in FILES:
        e.add("sha256", file.sha256, file.name, first=first)
    e.add("x509-fingerprint-sha256", OLD_CERTIFICATE, "August to October")
    e.add("x509-fingerprint-sha256", NEW_CERTIFICATE, "October to November")
    e.add("mutex", MUTEX, "in every program of theirs")
    e.add("ip-src", OPERATOR, "had guessed SSH passwords in September, unnoticed", first=10)
    e.add("whois-registrant-email", REGISTRANT, "behind every name since September")
    e.report("The whole story", "1. **Re-use**: `192.0.2.10` linked the ports to the parcels.\n"
             "2. **A false trail**: `203.0.113.80` linked them to a spam ring, and was wrong.\n"
             "3. **Pivots**: one certificate gave three servers, one mail address six names.\n"
             "4. **The end**: the sinkhole `192.0.2.200`.\n")
    e.report("全体像", "1. **使い回し**: `192.0.2.10` が港湾と物流をつないだ\n"
             "2. **偽の手がかり**: `203.0.113.80` は共用ホスティングだった\n"
             "3. **ピボット**: 証明書から三台、登録者から六つの名前\n"
             "4. **終わり**: シンクホール `192.0.2.200`\n")
    return e


def campaign():
    overview = first_overview()
    mistaken = false_trail()
    backdoor = backdoor_analysis()
    return [
        first_mail(), loader_analysis(), overview, cert_alert(overview), reuse(), second_wave(),
        parked(), mistaken, correction(mistaken), water(), backdoor, certificate_pivot(),
        cert_advisory(backdoor), invoices(), registrant_pivot(), traffic(), takedown(overview),
        last_report(overview),
    ]


# --- the background -------------------------------------------------------------------

def daily_feed(day):
    """URLs and names of the day: mostly spam, now and then the actor's."""
    dice = Dice(f"feed {day}")
    e = Event(FEED, day, f"OpenFeed Daily {date_of(day)}", ("tlp:clear", 'osint:source-type="automatic-collection"'),
              level=4)
    window = [SPAM[(day * 5 + i) % len(SPAM)] for i in range(18)]
    for name, address in dice.some(window, 7 + dice.below(5)):
        e.add("domain", name, "spam", tags=(MOLDYBREAD,) if dice.below(3) == 0 else ())
        if dice.below(2):
            e.add("url", f"http://{name}/{dice.pick(OFFERS)}/?c={dice.below(9000) + 1000}")
        if dice.below(4) == 0:
            e.add("ip-dst", address, "hosts spam")
    for name, address, _, _ in names_on(day):
        if dice.below(9) == 0:
            e.add("domain" if name.count(".") == 1 else "hostname", name, "reported by a user")
            e.add("ip-dst", address)
    for _ in range(2 + dice.below(3)):
        e.add("ip-src", f"198.51.100.{130 + dice.below(120)}", "password guessing against SSH")
    if day in (10, 11, 17):
        e.add("ip-src", OPERATOR, "password guessing against SSH")
    return e


def weekly_samples(week):
    dice = Dice(f"samples {week}")
    day = week * 7 + 4
    e = Event(NORTHWIND, day, f"Weekly sample exchange {week + 1} / 週次検体交換 第{week + 1}週",
              ("tlp:green", 'osint:source-type="automatic-analysis"'), level=4)
    for _ in range(14):
        number = dice.below(120)
        file = File(f"common_{number:03}.exe", 4096 * (number + 10))
        e.add("sha256", file.sha256, file.name, tags=(MOLDYBREAD,) if number % 4 == 0 else ())
    for file in dice.some(files_until(day), 2):
        family = GLASSEEL if file in (BACKDOOR, BACKDOOR_DLL, BACKDOOR_2) else TSUBAME
        e.add("sha256", file.sha256, "shared by a member", tags=(family,))
        e.add("md5", file.md5)
    return e


def soc_sighting(number):
    """What the city's SOC or a member port blocked that day."""
    dice = Dice(f"sighting {number}")
    day = min(89, 5 + number * 2 + dice.below(3))
    org = CITY if number % 2 else HARBOR
    info = f"プロキシで遮断した通信 {date_of(day)}" if org is CITY else f"Blocked at member ports, {date_of(day)}"
    e = Event(org, day, info, ("tlp:amber", 'kizashi-demo:source="sensor"'), level=3,
              key=f"sighting {number}")
    known = [row for row in NAMES if row[2] <= day - 1]
    for name, address, first, _ in dice.some(known, 1 + dice.below(3)):
        row = e.add("hostname" if name.count(".") > 1 else "domain", name,
                    "遮断済み" if org is CITY else "blocked", first=max(first, day - 2))
        for back in range(1 + dice.below(4)):
            e.sight(row, org, day - back, source="proxy")
        if dice.below(2):
            e.sight(e.add("ip-dst", address), org, day, source="firewall")
    for name, address in dice.some(SPAM, 1 + dice.below(3)):
        row = e.add("domain", name, "spam", to_ids=False)
        e.sight(row, org, day, source="mail gateway")
        if address == SHARED_HOST and day > 41:
            e.sight(e.add("ip-dst", address, "shared hosting", to_ids=False), org, day, kind=1)
    return e


WAVES = [
    (1, 16, "noreply@port-schedule.example", BERTH_PLAN, ("Revised berth plan", "バース計画の改訂")),
    (17, 34, "info@lantern-update.test", PARCEL_NOTE, ("Your parcel is waiting", "お荷物のお知らせ（再配達）")),
    (60, 89, "billing@invoice-portal.example", INVOICE,
     ("Invoice for October", "請求書送付のご案内（10月分）")),
]
OFFICES = ("berths", "gate", "haisou", "keiri", "somu", "accounts", "dispatch", "it-help")


def member_mail(number):
    """A mail that a member passed on; one in four is plain spam."""
    dice = Dice(f"mail {number}")
    to = f"{dice.pick(OFFICES)}@member{1 + dice.below(9)}.example.org"
    if number % 4 == 3:
        day = 2 + dice.below(86)
        name, address = dice.pick(SPAM)
        e = Event(HARBOR, day, f"Member report: spam from {name}", ("tlp:green", MOLDYBREAD), level=4,
                  key=f"mail {number}")
        e.mail(f"winner{dice.below(900)}@{name}", to, f"You won {dice.below(90) + 10} {dice.pick(BREADS)}s")
        e.add("ip-src", address, "sending server")
        return e
    first, last, sender, lure, subjects = WAVES[number % 4]
    day = min(89, first + 1 + dice.below(last - first))
    e = Event(HARBOR, day, f"Member report: {dice.pick(subjects)}", ("tlp:green", PHISHING), level=3,
              analysis=1, key=f"mail {number}")
    mail = e.mail(sender, to, dice.pick(subjects), lure)
    e.refer(e.file(lure), mail, "delivered-by")
    for row in dice.some(names_on(day), 1):
        e.add("ip-src", row[1], "sending server")
    return e


CRIMES = [
    (6, REIJI, "偽通販サイト群「MOLDYBREAD」の観測 第1報"),
    (13, NORTHWIND, "Cryptic Otter: ransom notes in seven languages"),
    (19, CERT, "SSHへのパスワード総当たりの増加について"),
    (27, REIJI, "偽通販サイト群「MOLDYBREAD」の観測 第2報"),
    (31, NORTHWIND, "Cryptic Otter rents 203.0.113.80 for a day"),
    (38, CERT, "Password guessing against SSH, third quarter"),
    (44, REIJI, "暗号資産ウォレットを狙う偽サイト"),
    (52, NORTHWIND, "Cryptic Otter's new locker"),
    (59, REIJI, "偽通販サイト群「MOLDYBREAD」の観測 第3報"),
    (67, CERT, "年末に向けた偽通販サイトへの注意"),
    (73, NORTHWIND, "Cryptic Otter goes quiet"),
    (80, REIJI, "偽通販サイト群「MOLDYBREAD」の観測 最終報"),
]


def other_crime(day, org, info):
    """Reports on somebody else, some of them on the shared host too."""
    dice = Dice(info)
    otter = "Otter" in info
    e = Event(org, day, info, ("tlp:clear", OTTER if otter else MOLDYBREAD, *SURE), level=3)
    for name, address in dice.some(SPAM, 6 + dice.below(6)):
        e.add("domain", name, "ransom portal" if otter and dice.below(3) == 0 else "")
        if dice.below(2):
            e.add("ip-dst", address, to_ids=address != SHARED_HOST)
    for number in dice.some(range(120), 5):
        file = File(f"common_{number:03}.exe", 4096 * (number + 10))
        e.add("sha256", file.sha256, file.name)
        e.add("filename", file.name)
    for _ in range(3):
        e.add("ip-src", f"198.51.100.{130 + dice.below(120)}")
    if "SSH" in info and day < 30:
        e.add("ip-src", OPERATOR, "ほかの接続元と変わらないように見える")
    if "203.0.113.80" in info:
        e.add("ip-dst", SHARED_HOST, "shared hosting", to_ids=False)
    e.report("Summary" if info.isascii() else "概要", f"{info}.\n\nNothing here points to Paper Lantern."
             if info.isascii() else f"{info}。\n\n紙灯籠との関係は見られません。")
    return e


def tell():
    """All events of the story, in no particular order."""
    events = campaign()
    events += [daily_feed(day) for day in range(90)]
    events += [weekly_samples(week) for week in range(12)]
    events += [soc_sighting(number) for number in range(40)]
    events += [member_mail(number) for number in range(32)]
    events += [other_crime(*crime) for crime in CRIMES]
    return events
