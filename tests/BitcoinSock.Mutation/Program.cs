// Changes the library in one small place after another, and says which changes no test notices.
//   BitcoinSock.Mutation [PATH ...]        in the files below src/BitcoinSock that begin so, or all
//   BitcoinSock.Mutation --reached REPORT  says what the tests reach, from a Cobertura report
// Exit status: 0 if nothing is unnoticed or unreached but for what accepted.txt gives reasons for.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using BitcoinSock.Mutation;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["--reached", string report])
{
    return Coverage.Print(report);
}

long began = Stopwatch.GetTimestamp();
var library = new Library();
List<Mutant> mutants = library.Mutants(args);
Console.WriteLine($"{mutants.Count} places to change");

// Some mutants only wait.
TestProgram[] programs =
[
    .. Enumerable
        .Range(1, 2 * Environment.ProcessorCount)
        .Select(number => new TestProgram(number)),
];
byte[]? original = library.Compile();
programs[0].Lay(original ?? throw new InvalidOperationException("It does not compile as it is."));
var trial = new Trial(programs[0]);

var queue = new ConcurrentQueue<Mutant>(mutants);
int done = 0;
Task[] workers = [.. programs.Select(program => Task.Run(() => Work(program)))];
Task.WaitAll(workers);
return Report.Print(mutants, Stopwatch.GetElapsedTime(began));

void Work(TestProgram program)
{
    while (queue.TryDequeue(out Mutant? mutant))
    {
        byte[]? changed = library.Compile(mutant);
        if (changed is not null)
        {
            program.Lay(changed);
            mutant.Verdict = trial.Of(mutant, program);
        }

        if (mutant.Verdict == Verdict.Survived)
        {
            Console.WriteLine($"\nalive, line {mutant.Line}:\n{mutant.Entry}");
        }

        if (Interlocked.Increment(ref done) % 100 == 0)
        {
            Console.WriteLine($"\n{done} of {mutants.Count}");
        }
    }
}
