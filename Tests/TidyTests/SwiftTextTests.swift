import Testing

/// The other checks rely on telling code from comments and text.
@Suite struct SwiftTextTests {
    @Test(
        arguments: [
            ("let a = 1 // try! this", "let a = 1"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (#"print("try! {")"#, "print(        )"),
            (#"print("a\(b ? "x" : "y")c")"#, "print(    b ?     :    )  )"),
            (##"let r = #"a"b\n"#; f()"##, "let r =          ; f()"),
            (#"let q = "\""; g()"#, "let q =     ; g()"),
            ("let m = \"\"\"\n  { \" }\n  \"\"\"; h()", "let m =\n\n     ; h()"),
        ])
    func blanks(source: String, code: String) {
        let lines = SwiftText(source).lines.map { line in
            String(line.reversed().drop(while: { $0 == " " }).reversed())
        }
        #expect(lines.joined(separator: "\n") == code)
    }
}
