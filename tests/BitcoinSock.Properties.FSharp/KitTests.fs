/// The conformance kit passes what is right.
module BitcoinSock.Properties.KitTests

open Xunit
open BitcoinSock.Model
open BitcoinSock.Properties.Property

let backends = TheoryData<string>(Backends.all |> List.map _.Name)

[<Theory>]
[<MemberData(nameof backends)>]
let ``every backend of the library keeps every law`` (name) =
    let backend = Backends.all |> List.find (fun backend -> backend.Name = name)
    let report = Conformance.Check backend

    print (string report)

    Assert.True(report.Passed, string report)
