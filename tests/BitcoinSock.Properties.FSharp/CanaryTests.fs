/// The laws can fail: each wrong loop is caught, by the law that it breaks.
module BitcoinSock.Properties.CanaryTests

open System
open Xunit
open BitcoinSock.Model
open BitcoinSock.Properties.Property
open BitcoinSock.Properties.Play
open BitcoinSock.Properties.Canaries

/// Each defect, and the number of the law that must catch it.
let private caughtBy =
    [
        Defect.``looks at the clock after the last byte``, 8
        Defect.``looks at the interrupt after the last byte``, 8
        Defect.``waits after the last byte``, 9
        Defect.``does not look at the clock while it moves``, 12
        Defect.``does not look at the interrupt while it moves``, 14
        Defect.``tries again after a permanent error``, 23
        Defect.``takes EINTR for permanent``, 23
        Defect.``takes the end of the stream for an empty line``, 25
        Defect.``reads one byte too many``, 5
        Defect.``leaves the terminator behind``, 6
        Defect.``loses the bytes of a timeout``, 6
        Defect.``forgets the last partial send``, 10
        Defect.``ignores a wait that failed``, 23
        Defect.``calls for nothing to send``, 11
        Defect.``counts the terminator``, 5
        Defect.``allows one byte above the limit``, 7
        Defect.``gives the code of an earlier call``, 24
        Defect.``gives a code of its own``, 24
        Defect.``tries again without a wait``, 22
        Defect.``looks at the clock after the last byte sent``, 8
        Defect.``takes an interrupt for a timeout``, 25
        Defect.``takes EINPROGRESS for connected``, 25
        Defect.``takes the end of its wait for connected``, 25
        Defect.``says connected at the end of the stream``, 26
        Defect.``takes the byte that it looks at``, 26
    ]

let private number (broken: string) = int (broken.Split(' ')[0])

[<Fact>]
let ``the loop that the canaries are made of is right`` () =
    holds 5_000 Case.arb (brokenBy (loop Defect.None)) (tell (loop Defect.None))

let defects =
    TheoryData<string, int>(caughtBy |> List.map (fun (d, law) -> struct (string d, law)))

[<Theory>]
[<MemberData(nameof defects)>]
let ``a canary is caught by its law, in a few steps`` (defect, law) =
    let canary = caughtBy |> List.map fst |> List.find (string >> (=) defect) |> loop

    let breaks case =
        brokenBy canary case |> List.filter (number >> (=) law)

    match smallest fixedSeed 5_000 Case.arb breaks with
    | None -> failwith $"law {law} does not catch a loop that {defect}"
    | Some case ->
        let story = tell canary case
        print story
        Assert.True((Case.simulate canary case).Steps.Length <= 5 || law = 22, story)

let private laws = [ 5; 6; 7; 8; 9; 10; 11; 12; 14; 22; 23; 24; 25; 26 ]

/// Each canary, and every law that catches it on some case.
let private matrix =
    lazy
        (let random = Case.sample 2_000

         [
             for defect, _ in caughtBy do
                 let broken = random |> List.collect (brokenBy (loop defect))
                 defect, broken |> List.map number |> Set.ofList
         ])

[<Fact>]
let ``every law of operations catches a canary, and the matrix is printed`` () =
    let mark broken law =
        if Set.contains law broken then "  x" else "  ."

    let head = laws |> List.map (sprintf "%3d") |> String.concat ""
    print $"{String(' ', 50)}{head}"

    for defect, broken in matrix.Value do
        let marks = laws |> List.map (mark broken) |> String.concat ""
        print $"{string defect, -50}{marks}"

    for law in laws do
        let isBusy = matrix.Value |> List.exists (fun (_, broken) -> broken.Contains law)
        Assert.True(isBusy, $"law {law} is idle")

    for defect, broken in matrix.Value do
        Assert.False(broken.IsEmpty, $"a loop that {defect} is not caught")

/// Laws that others stand in for: each is the precise name of what they see in general.
let private overlaps =
    Map.ofList
        [
            5, "a byte read too many is also missing from what is left: 6"
            7, "above the limit the line fits, or not, where 25 knows better"
            9, "a wait too many can be late, interrupted, or fail: 12, 14, 23"
            11, "a call for nothing can fail, and then the nothing was complete: 8"
            22, "a loop without end had to be given one by its canary, which 25 finds impossible"
        ]

[<Fact>]
let ``without its law a canary survives, unless others stand in for it`` () =
    for law in laws do
        let alone =
            matrix.Value |> List.filter (fun (_, broken) -> broken = Set.singleton law)

        match alone, overlaps.TryFind law with
        | (defect, _) :: _, None -> print $"without law {law} a loop that {defect} survives"
        | [], Some why -> print $"without law {law} none survives: {why}"
        | [], None -> failwith $"no canary needs law {law}, and nothing says why"
        | _, Some why -> failwith $"law {law} is needed after all, not: {why}"
