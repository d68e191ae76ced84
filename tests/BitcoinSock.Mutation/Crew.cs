using System.Collections.Concurrent;

namespace BitcoinSock.Mutation;

/// <summary>Several programs that share a piece of work.</summary>
internal static class Crew
{
    public static void Work<T>(
        TestProgram[] programs,
        IEnumerable<T> work,
        Action<TestProgram, T> job
    )
    {
        var queue = new ConcurrentQueue<T>(work);
        Task.WaitAll(programs.Select(program => Task.Run(() => WorkOff(program))));

        void WorkOff(TestProgram program)
        {
            while (queue.TryDequeue(out T? next))
            {
                job(program, next);
            }
        }
    }
}
