import Foundation
import Testing

@testable import Records

/// What customers call countries in their files.
@Suite struct CountryNameTests {
    @Test(arguments: [
        "China", "중국", "KR", "kor", " Korea ", "Republic of Korea", "Korea, Republic of", "대한민국", "한국", "USA", "U.S.",
        "United States",
        "UK", "Deutschland", "Österreich", "España", "日本", "Россия", "Curacao", "Curaçao", "Reunion", "Aland Islands",
        "Saint Barthelemy", "St. Lucia", "Trinidad and Tobago", "Trinidad & Tobago", "The Netherlands", "Bahamas",
        "Sao Tome and Principe", "Bonaire, Saint Eustatius and Saba ", "U.S. Virgin Islands", "Kosovo", "Timor Leste",
        "Palestinian Territory", "Democratic Republic of the Congo", "Republic of the Congo", "Vatican", "Pitcairn",
        "Svalbard and Jan Mayen", "South Georgia and the South Sandwich Islands", "French Southern Territories",
        "Saint Vincent and the Grenadines", "Cocos Islands", "Falkland Islands", "Micronesia", "Myanmar", "Brunei",
    ])
    func countries(_ text: String) { #expect(CountryName.exists(text)) }

    /// Every zone that the machine knows by a name of its own.
    @Test func timeZones() {
        let known = TimeZone.knownTimeZoneIdentifiers
        #expect(known.count > 400 && known.filter { !TimeZoneName.exists($0) }.isEmpty)
        #expect(TimeZoneName.exists("Africa/Porto-Novo") && !TimeZoneName.exists("Africa/Porto"))
    }

    @Test(arguments: ["", "XX", "ZZZ", "K", "Narnia", "Europe", "Seoul", "the", "12", "KR1"])
    func noCountries(_ text: String) { #expect(!CountryName.exists(text)) }
}
