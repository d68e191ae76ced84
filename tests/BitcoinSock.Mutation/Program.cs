// Changes the library in one small place after another, and says which changes no test notices.
//   BitcoinSock.Mutation [PATH ...]        in the files below src/BitcoinSock that begin so, or all
//   BitcoinSock.Mutation --sample COMMIT   in places that this commit draws, for three minutes
//   BitcoinSock.Mutation --reached REPORT  says what the tests reach, from a Cobertura report
// Exit status: 0 if nothing is unnoticed or unreached but for what accepted.txt gives reasons for.
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using BitcoinSock.Mutation;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["--reached", string report])
{
    return Coverage.Print(report);
}

var library = new Library();
var accepted = new Accepted();
bool isSample = args is ["--sample", _];
List<Mutant> mutants = library.Mutants(isSample ? [] : args);
Console.WriteLine($"{mutants.Count} places to change");
if (isSample)
{
    new Random(Convert.ToInt32(args[1][..7], 16)).Shuffle(CollectionsMarshal.AsSpan(mutants));
}

// Some mutants only wait.
TestProgram[] programs =
[
    .. Enumerable
        .Range(1, 2 * Environment.ProcessorCount)
        .Select(number => new TestProgram(number)),
];
byte[] marked = library.CompileMarked();
foreach (TestProgram program in programs)
{
    program.Lay(marked);
}

var trial = new Trial(programs, byClass: isSample);
int done = 0;
long began = Stopwatch.GetTimestamp();
Crew.Work(
    programs,
    mutants,
    (program, mutant) =>
    {
        if (isSample && Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(3))
        {
            return;
        }

        Try(program, mutant);
        if (mutant.Verdict == Verdict.Survived)
        {
            Console.WriteLine($"\nalive, line {mutant.Line}:\n{mutant.Entry}");
        }

        if (Interlocked.Increment(ref done) % 100 == 0)
        {
            Console.WriteLine($"\n{done} of {mutants.Count}");
        }
    }
);

// Beside the others a test may fail for want of time: what is said to go unnoticed is asked again,
// alone.
foreach (Mutant mutant in mutants.Where(each => !isSample && accepted.Has(each.Entry)))
{
    for (int i = 0; i < 3 && mutant.Verdict != Verdict.Survived; i++)
    {
        Try(programs[0], mutant);
    }
}

mutants.RemoveAll(each => each.Verdict == Verdict.NotTried);
return Report.Print(mutants, accepted, isSample, Stopwatch.GetElapsedTime(began));

void Try(TestProgram program, Mutant mutant)
{
    if (library.Compile(mutant) is byte[] changed)
    {
        program.Lay(changed);
        mutant.Verdict = trial.Of(mutant, program);
    }
}
