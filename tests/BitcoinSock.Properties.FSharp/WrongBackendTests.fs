/// The laws can fail: each wrong backend is caught, by the law that it breaks.
module BitcoinSock.Properties.WrongBackendTests

open System
open Xunit
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Property
open BitcoinSock.Properties.WrongBackends

let names =
    TheoryData<string, int>(wrong |> List.map (fun (name, law, _) -> struct (name, law)))

[<Theory>]
[<MemberData(nameof names)>]
let ``a wrong backend is caught by its law`` (name, law: int) =
    let _, _, backend = wrong |> List.find (fun (its, _, _) -> its = name)
    let options = CheckOptions(Seed = Nullable 1UL, Laws = [| string law |])
    let report = Conformance.Check(backend, options)
    print (string report)
    Assert.False(report.Passed, $"law {law} does not catch a backend where {name}")

[<Fact>]
let ``the channel that is bent is right`` () =
    let backend =
        Bent.overChannel "Bent" Capabilities.HalfClose (fun inner -> new Bent(inner))

    let report = Conformance.Check backend
    Assert.True(report.Passed, string report)

/// Each wrong backend, and every law that catches it.
let private matrix =
    lazy
        [
            for name, law, backend in wrong do
                // By name: else who breaks a law of its own is asked for no others.
                let options =
                    CheckOptions(
                        Seed = Nullable 1UL,
                        Cases = 60,
                        Budget = TimeSpan.FromSeconds 1.0,
                        Laws = [| for law in Laws.all -> law.Title |]
                    )

                let broken =
                    [
                        for result in Conformance.Check(backend, options).Laws do
                            if result.Verdict = LawVerdict.Failed then
                                int (result.Law.Split(' ')[0])
                    ]

                name, law, Set.ofList broken
        ]

/// Laws that others stand in for: what a backend does to bytes is seen by all that look at bytes.
let private overlaps =
    Map.ofList
        [
            2, "a peek that consumes loses bytes: 1"
            4, "it is all laws of operations, where calls are short"
            25, "who claims too much sends too little: 10"
            27, "who forgets the end is connected again: 26"
            33, "a bit lost is a byte changed: 31, 36"
            34, "a byte lost between chunks is a byte lost: 1"
            36, "what is read ahead is lost: 6"
            39, "who blocks in a call does not hear the interrupt: 13"
        ]

/// The full set plays it: hundreds of checks, of which those that break are made smaller; and the
/// calls of one backend take seconds.
let isFullSet = Property.isFullSet

[<Fact(Skip = "takes minutes: ./build.sh properties plays it", SkipUnless = "isFullSet")>]
let ``without its law a wrong backend survives, unless others stand in for it`` () =
    for name, law, broken in matrix.Value do
        let laws = broken |> Seq.map string |> String.concat " "
        print $"law {law} is for a backend where {name, -46}: {laws}"

    for law in matrix.Value |> List.map (fun (_, law, _) -> law) |> List.distinct |> List.sort do
        let isNeeded =
            matrix.Value
            |> List.exists (fun (_, its, broken) ->
                its = law && broken.Remove 4 = Set.singleton law)

        match isNeeded, overlaps.TryFind law with
        | true, None -> print $"without law {law} one survives"
        | false, Some why -> print $"without law {law} none survives: {why}"
        | false, None -> failwith $"no wrong backend needs law {law}, and nothing says why"
        | true, Some why -> failwith $"law {law} is needed after all, not: {why}"
