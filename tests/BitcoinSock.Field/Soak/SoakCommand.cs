using System.CommandLine;
using System.Diagnostics;

namespace BitcoinSock.Field.Soak;

/// <summary><c>soak</c>: random operations and faults on many connections.</summary>
internal static class SoakCommand
{
    private static readonly TimeSpan WarmUpMax = TimeSpan.FromSeconds(20);

    public static Command Create()
    {
        Option<int> seconds = Number("--seconds", 300, "For how long.");
        Option<int> connections = Number("--connections", 400, "How many at a time.");
        Option<int> threads = Number("--threads", 16, "How many are at work on them.");
        var seed = new Option<int?>("--seed") { Description = "What the choices follow from." };
        var command = new Command("soak", "Random operations and faults on many connections.")
        {
            seconds,
            connections,
            threads,
            seed,
        };
        command.SetAction(given =>
            Soak(
                new Plan(
                    TimeSpan.FromSeconds(given.GetValue(seconds)),
                    given.GetValue(connections),
                    given.GetValue(threads),
                    given.GetValue(seed) ?? Random.Shared.Next(1_000_000)
                ),
                Console.Out
            )
                ? 0
                : 1
        );
        return command;
    }

    private static bool Soak(Plan plan, TextWriter output)
    {
        var laws = new Laws(output);
        TaskScheduler.UnobservedTaskException += (_, unobserved) =>
            laws.Break(Law.Exceptions, $"unobserved: {unobserved.Exception}");
        output.WriteLine(
            $"soak: {plan.Connections} connections, {plan.Threads} threads, "
                + $"{plan.Time.TotalSeconds} s, seed {plan.Seed}"
        );

        // The runtime keeps open what it loads: after a warm-up that is there.
        TimeSpan warmUp = plan.Time / 5 < WarmUpMax ? plan.Time / 5 : WarmUpMax;
        Run.Play(plan with { Time = warmUp, Seed = ~plan.Seed }, laws);
        var start = Footprint.Now();
        long started = Stopwatch.GetTimestamp();
        Tally tally = Run.Play(plan, laws);
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        var end = Footprint.Now();
        if (laws.AllHold)
        {
            end.Judge(start, laws);
            string missing = string.Join(", ", tally.Missing());
            if (missing.Length > 0)
            {
                laws.Break(Law.Variety, $"missing: {missing}");
            }
        }

        tally.Tell(output);
        Footprint.Tell(start, end, output);
        output.WriteLine($"seconds           {took.TotalSeconds:0.0}, seed {plan.Seed}");
        laws.Tell();
        return laws.AllHold;
    }

    private static Option<int> Number(string name, int usual, string description)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            HelpName = "NUMBER",
            DefaultValueFactory = _ => usual,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValue(option) < 1)
            {
                result.AddError($"{name} is at least 1.");
            }
        });
        return option;
    }
}
