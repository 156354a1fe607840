import Foundation
import Wire

/// The countries of ISO 3166-1 (as of 2026), by which a place is told from another: in files of customers they stand as
/// codes or as names, in whatever language the customer writes.
enum CountryName {
    /// Whether `text` is a code of two or three letters, or what a country is called; case, accents, punctuation and how
    /// *Saint* and *and* are written do not count.
    static func exists(_ text: String) -> Bool { all.contains(key(text)) }

    private static let all: Set<String> = {
        let locales = languages.map(Locale.init(identifier:))
        let names = codes.flatMap { code in
            locales.compactMap { $0.localizedString(forRegionCode: String(code.prefix(2))) }
        }
        let letters = codes.flatMap { [$0.prefix(2), $0.suffix(3)].map(String.init) }
        return Set((letters + names + others).map(key))
    }()

    private static func key(_ text: String) -> String {
        let words = text.alike.folding(options: .diacriticInsensitive, locale: nil).replacing("&", with: " and ")
            .split { !$0.isLetter && !$0.isNumber }
        return words.filter { $0 != "the" }.map { $0 == "saint" ? "st" : $0 }.joined()
    }

    /// In which countries are called by their names.
    private static let languages = [
        "en", "ko", "ja", "zh-Hans", "zh-Hant", "de", "fr", "es", "it", "pt", "nl", "da", "sv", "nb", "fi", "pl", "cs",
        "hu", "ro", "el", "tr", "ru", "uk", "ar", "he", "hi", "th", "vi", "id",
    ]

    /// What else people and lists call some of them.
    private static let others = [
        "UK", "Great Britain", "England", "Scotland", "Wales", "Northern Ireland", "USA", "U.S.A.", "U.S.",
        "United States of America", "UAE", "Korea", "Republic of Korea", "Korea, Republic of", "Korea (South)", "한국",
        "Korea, Democratic People's Republic of", "Korea (North)", "Czech Republic", "Holland", "Russian Federation",
        "Turkey", "Viet Nam", "Hong Kong", "홍콩", "Macao", "Macau", "마카오", "Taiwan", "Taiwan, Province of China", "타이완",
        "Ivory Coast", "Burma", "Bosnia and Herzegovina", "Slovak Republic", "Swaziland", "Cape Verde", "호주", "태국",
        "Kosovo", "XK", "XKX", "Palestine", "Palestinian Territory", "Palestine, State of",
        "Republic of the Congo", "Congo", "Congo, Democratic Republic of the", "Democratic Republic of the Congo",
        "Vatican", "Holy See", "Holy See (Vatican City State)", "Pitcairn", "Cocos Islands", "Timor Leste",
        "East Timor",
        "U.S. Virgin Islands", "Virgin Islands, U.S.", "Virgin Islands, British",
        "Bonaire, Saint Eustatius and Saba", "Bonaire, Sint Eustatius and Saba", "Saint Martin",
        "Saint Martin (French part)",
        "Sint Maarten (Dutch part)", "Saint Helena, Ascension and Tristan da Cunha", "Falkland Islands (Malvinas)",
        "South Georgia and the South Sandwich Islands", "Brunei Darussalam", "Lao People's Democratic Republic",
        "Lao PDR",
        "Iran, Islamic Republic of", "Bolivia, Plurinational State of", "Venezuela, Bolivarian Republic of",
        "Micronesia, Federated States of", "Moldova, Republic of", "Tanzania, United Republic of",
        "Syrian Arab Republic",
        "Libyan Arab Jamahiriya", "Macedonia", "The former Yugoslav Republic of Macedonia", "Netherlands Antilles",
        "AN",
        "ANT", "Republic of Ireland", "People's Republic of China", "PRC", "China", "중국", "中国", "中國", "Chine", "Cina",
        "Kina", "Kiina", "Chiny", "Čína", "Kína", "Κίνα", "Çin", "Китай", "الصين", "סין", "चीन", "จีน", "Trung Quốc",
        "Tiongkok",
    ]

    /// Each as its code of two letters and its code of three.
    private static let codes: [Substring] =
        """
        ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH BBBRB \
        BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR \
        BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR \
        CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK \
        FMFSM FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS \
        GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN \
        ISISL ITITA JEJEY JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO \
        LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD \
        MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER \
        NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM \
        PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP \
        SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF \
        TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY \
        UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE
        """.split(separator: " ")
}
