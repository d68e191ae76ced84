/// The laws can fail: each wrong loop is caught, by the law that it breaks.
module BitcoinSock.Properties.CanaryTests

open System
open Expecto
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

/// The smallest case that catches it is one for a person to read: a few steps.
let private caught (defect, law) =
    testCase $"law {law} catches a loop that {defect}"
    <| fun () ->
        let canary = loop defect

        let breaks case =
            brokenBy canary case |> List.filter (number >> (=) law)

        match smallest fixedSeed 5_000 Case.arb breaks with
        | None -> failtest "nothing catches it"
        | Some case ->
            let story = tell canary case
            print $"{defect}:\n{story}"
            let steps = (Case.simulate canary case).Steps.Length
            Expect.isTrue (steps <= 5 || law = 22) story

let private laws = [ 5; 6; 7; 8; 9; 10; 11; 12; 14; 22; 23; 24; 25; 26 ]

/// Each canary, and every law that catches it on some case.
let private matrix =
    lazy
        (let random = Case.sample 2_000

         let row (defect, _) =
             let broken = random |> List.collect (brokenBy (loop defect))
             defect, broken |> List.map number |> Set.ofList

         caughtBy |> Array.ofList |> Array.Parallel.map row |> List.ofArray)

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

let private busy law =
    testCase $"law {law} catches one"
    <| fun () -> Expect.exists matrix.Value (fun (_, broken) -> broken.Contains law) "it is idle"

let private needed law =
    testCase $"law {law} is needed, or others stand in for it"
    <| fun () ->
        let alone =
            matrix.Value |> List.filter (fun (_, broken) -> broken = Set.singleton law)

        match alone, overlaps.TryFind law with
        | (defect, _) :: _, None -> print $"without law {law} a loop that {defect} survives"
        | [], Some why -> print $"without law {law} none survives: {why}"
        | [], None -> failtest $"no canary needs law {law}, and nothing says why"
        | _, Some why -> failtest $"law {law} is needed after all, not: {why}"

let private wholeMatrix =
    testCase "the matrix of canaries and laws has no empty row"
    <| fun () ->
        let mark broken law =
            if Set.contains law broken then "  x" else "  ."

        let line title marks =
            $"{title, -50}{String.concat String.Empty marks}"

        print (line "" (laws |> List.map (sprintf "%3d")))

        for defect, broken in matrix.Value do
            print (line (string defect) (laws |> List.map (mark broken)))
            Expect.isNonEmpty broken $"nothing catches a loop that {defect}"

let tests =
    testList
        "canaries"
        [
            holds
                "the loop that they are made of is right"
                5_000
                Case.arb
                (brokenBy (loop Defect.None))
                (tell (loop Defect.None))

            testList "each is caught by its law, in a few steps" (List.map caught caughtBy)
            testList "no law of operations is idle" (List.map busy laws)
            testList "no law can be left out" (List.map needed laws)
            wholeMatrix
        ]
