namespace BitcoinSock.Model

open FsCheck
open FsCheck.FSharp
open BitcoinSock.Model.Playing

/// The ways to look whether a law of operations holds: random cases, under faults.
module internal Operating =

    // A case in either form, if the backend has both. Smaller is what fails in the one that blocks:
    // what is told as awaited fails in that one only, or failed in the other once too seldom.
    let private inSomeForm (backend: Backend) (cases: Arbitrary<Case>) =
        let gen =
            gen {
                let! case = cases.Generator
                let! form = Gen.elements (formsOf backend)
                return form, case
            }

        let shrink (form, case) =
            seq {
                if form = Form.Awaited then
                    yield Form.Blocking, case

                for smaller in cases.Shrinker case do
                    yield form, smaller
            }

        Arb.fromGenShrink (gen, shrink)

    /// A law of operations, under faults, in both forms. What is told of a case are the calls that
    /// the backend answered, as far as it came.
    let private operations prepare broken known lookedAt (backend: Backend) =
        let stage (form: Form, case) =
            let case = PairPlay.realisable backend.Capabilities (prepare case)
            let plays = ResizeArray<FaultySock * string>()

            let loop: Loop =
                fun sock operation timeout interrupt ->
                    let shim = unbox<FaultySock>(box sock)
                    plays.Add(shim, "has not ended")
                    let outcome, received = Loops.ofForm form sock operation timeout interrupt
                    plays[plays.Count - 1] <- shim, Case.ending outcome
                    outcome, received

            let tell () =
                let traces = [ for shim, ending in plays -> Case.trace shim.Steps ending ]
                String.concat "\n" (form.Title(Case.title case) :: traces)

            {
                Broken = fun pair -> broken loop pair case
                Tell = tell
            }

        search (inSomeForm backend Case.onPair) stage known lookedAt backend

    let private judge loop pair case =
        let observed, findings = PairPlay.play loop pair case
        findings @ Case.judge case observed

    let operation number =
        operations id judge _.Operations (ofLaw number)

    let shortCalls: Look =
        let isShort fault =
            match fault with
            | Fault.Partial _
            | Fault.ShortPeek _ -> true
            | _ -> false

        let short case =
            let faults = List.filter isShort case.Schedule.Faults

            { case with
                Schedule = { case.Schedule with Faults = faults }
            }

        operations short judge unknown (List.map (sprintf "4 ShortCallsAreLegal: %s"))

    let determinism: Look =
        fun backend ->
            operations
                id
                (fun loop pair case ->
                    let once pair =
                        (PairPlay.play loop pair case |> fst).Steps

                    use again = backend.CreatePair()

                    [
                        if once pair <> once again then
                            "37 Determinism: the trace is another one the second time"
                    ])
                unknown
                id
                backend
