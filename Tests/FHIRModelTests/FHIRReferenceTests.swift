import FHIRModel
import Testing

struct FHIRReferenceTests {
    @Test(arguments: [
        ("Patient/1", ReferenceForm.literal(.patient), "", "1", ""),
        ("Patient/1/_history/2", .literal(.patient), "", "1", "2"),
        (
            "https://a.example/fhir/Patient/a-b.c", .literal(.patient), "https://a.example/fhir/",
            "a-b.c", ""
        ),
        ("http://a/b/Flag/1/_history/x", .literal(.flag), "http://a/b/", "1", "x"),
        ("urn:uuid:0c31", .uuid, "", "0c31", ""), ("urn:oid:1.2.3", .oid, "", "1.2.3", ""),
        ("#p1", .contained, "", "p1", ""), ("#", .contained, "", "", ""),
        ("Patient?identifier=s|v", .conditional(.patient), "", "identifier=s|v", ""),
        ("Patience?identifier=s|v", .other, "", "", ""), ("Patient?", .other, "", "", ""),
        ("", .logical, "", "", ""), ("Patient", .other, "", "", ""),
        ("Patient/", .other, "", "", ""),
        ("/1", .other, "", "", ""), ("Patience/1", .other, "", "", ""),
        ("patient/1", .other, "", "", ""),
        ("Patient/1/_history/", .other, "", "", ""), ("Patient/a b", .other, "", "", ""),
        ("http://a.example/page.html", .other, "", "", ""), ("_history/1", .other, "", "", ""),
        ("/_history/1", .other, "", "", ""), ("Patient/1/2", .other, "", "", ""),
        ("urn:uuid:", .uuid, "", "", ""), ("XPatient/1", .other, "", "", ""),
    ])
    func `a reference is taken apart`(
        text: String,
        form: ReferenceForm,
        base: String,
        id: String,
        version: String
    ) {
        Array(text.utf8).withUnsafeBytes { bytes in
            let reference = FHIRReference(bytes)
            func part(_ range: Range<Int>) -> String {
                String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
            }
            #expect(reference.form == form)
            #expect(part(reference.base) == base)
            #expect(part(reference.id) == id)
            #expect(part(reference.version) == version)
        }
    }
}
