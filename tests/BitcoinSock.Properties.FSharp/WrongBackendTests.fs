/// The laws can fail: each wrong backend is caught, by the law that it breaks.
module BitcoinSock.Properties.WrongBackendTests

open System
open System.Linq
open Expecto
open BitcoinSock.Model
open BitcoinSock.Properties.Property
open BitcoinSock.Properties.WrongBackends

/// Each of the wrong backends that are for a law of those.
let private wrongBy isOfThose =
    let numbers = [ for law in Laws.all |> List.filter isOfThose -> law.Number ]
    wrong |> List.partition (fun (_, law, _) -> List.contains law numbers)

let private counted, others = wrongBy KitTests.isCounted

let private caught (what, law: int, backend) =
    testCase $"law {law} catches one where {what}"
    <| fun () ->
        let options = CheckOptions(Seed = Nullable 1UL, Laws = [| string law |])
        let report = Conformance.Check(backend, options)
        print (string report)
        Expect.isFalse report.Passed "nothing is said to be wrong"

/// Most of them wait, and Wine plays one after the other.
let private caughtOf backends =
    if Wine.isHere then
        ptestCase "each is caught by its law: over a channel that is the same everywhere" ignore
    else
        testList "each is caught by its law" (List.map caught backends)

/// The laws of these that a wrong backend breaks. By name: else who breaks a law of its own is
/// asked for no others.
let private brokenBy laws (_, _, backend) =
    let options =
        CheckOptions(
            Seed = Nullable 1UL,
            Cases = 60,
            Budget = TimeSpan.FromSeconds 1.0,
            Laws = [| for law: Law in laws -> law.Title |]
        )

    Set.ofList
        [
            for result in Conformance.Check(backend, options).Laws do
                if result.Verdict = LawVerdict.Failed then
                    int (result.Law.Split(' ')[0])
        ]

let private measured, unmeasured =
    Laws.all
    |> List.partition (fun law -> KitTests.isTimed law || KitTests.isCounted law)

/// Of each wrong backend: most of the time they wait, so several do.
let private brokenUnmeasured =
    lazy
        wrong.AsParallel().AsOrdered().WithDegreeOfParallelism(12).Select(brokenBy unmeasured)
        |> List.ofSeq

/// A wake-up is measured of a few at once; what the process allocates, of one.
let private brokenMeasured =
    lazy
        let timed, counted = List.partition KitTests.isTimed measured

        let woken =
            wrong.AsParallel().AsOrdered().WithDegreeOfParallelism(4).Select(brokenBy timed)
            |> List.ofSeq

        [
            for backend, broken in List.zip wrong woken do
                broken + brokenBy counted backend
        ]

/// Each wrong backend, and every law that catches it.
let private matrix =
    lazy
        List.zip3 wrong brokenUnmeasured.Value brokenMeasured.Value
        |> List.map (fun ((what, law, _), broken, measured) -> what, law, broken + measured)

/// Laws that others stand in for: what a backend does to bytes is seen by all that look at bytes.
let private overlaps =
    Map.ofList
        [
            2, "a peek that consumes loses bytes: 1"
            4, "it is all laws of operations, where calls are short"
            6, "an await that throws breaks whatever awaits: 5, 11"
            25, "who claims too much sends too little: 10"
            27, "who forgets the end is connected again: 26"
            33, "a bit lost is a byte changed: 31, 36"
            34, "a byte lost between chunks is a byte lost: 1"
            36, "what is read ahead is lost: 6"
            39, "who blocks in a call does not hear the interrupt: 13"
        ]

let private needed law =
    testCase $"law {law} is needed, or others stand in for it"
    <| fun () ->
        let isNeeded =
            matrix.Value
            |> List.exists (fun (_, its, broken) ->
                its = law && broken.Remove 4 = Set.singleton law)

        match isNeeded, overlaps.TryFind law with
        | true, None -> print $"without law {law} one survives"
        | false, Some why -> print $"without law {law} none survives: {why}"
        | false, None -> failtest $"no wrong backend needs law {law}, and nothing says why"
        | true, Some why -> failtest $"law {law} is needed after all, not: {why}"

let private wholeMatrix =
    testCase "the matrix of wrong backends and laws is printed"
    <| fun () ->
        for what, law, broken in matrix.Value do
            let laws = broken |> Seq.map string |> String.concat " "
            print $"law {law} is for a backend where {what, -46}: {laws}"

let tests =
    testList
        "wrong backends"
        [
            caughtOf others

            if isFullSet then
                testCase "each is held to every law, for the matrix"
                <| fun () -> Expect.hasLength brokenUnmeasured.Value wrong.Length "a row each"

            testCase "the channel that is bent is right"
            <| fun () ->
                let backend =
                    Bent.overChannel "Bent" Capabilities.HalfClose (fun inner -> new Bent(inner))

                let report = Conformance.Check backend
                Expect.isTrue report.Passed (string report)
        ]

/// Of the full set: hundreds of checks, of which those that break are made smaller; and the calls
/// of one backend take seconds. It measures wake-ups too.
let timed =
    let laws = wrong |> List.map (fun (_, law, _) -> law) |> List.distinct |> List.sort
    let rows = wholeMatrix :: List.map needed laws

    testList
        "wrong backends, alone"
        [
            caughtOf counted

            if isFullSet then
                testList "no law of backends can be left out" rows
            else
                ptestCase
                    "no law of backends can be left out: ./build.sh properties plays it"
                    ignore
        ]
