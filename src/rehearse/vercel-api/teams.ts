import { notFound } from "./api-error.ts";
import { ok, type Handler } from "./call.ts";

export type Plan = "hobby" | "pro" | "enterprise";

interface Team {
  id: string;
  slug: string;
  name: string;
}

/** The team that releases, and another one that the same token sees: what lands there was sent to the wrong scope. */
export const teams = {
  rehearsal: { id: "team_rehearsal", slug: "rehearsal", name: "Rehearsal" },
  "other-team": { id: "team_other", slug: "other-team", name: "Other team" },
} as const satisfies Record<string, Team>;

export type TeamSlug = keyof typeof teams;

export const creator = { uid: "usr_rehearsal", username: "rehearsal", email: "rehearsal@localhost" } as const;

/** @returns undefined when the token may not see such a team */
export function findTeam(idOrSlug: string): Team | undefined {
  return Object.values(teams).find(({ id, slug }) => id === idOrSlug || slug === idOrSlug);
}

export const getUser: Handler = ({ settings }) => {
  const { uid: id, username, email } = creator;
  const defaultTeamId = teams[settings.defaultTeam].id;
  return ok({ user: { id, username, email, name: username, version: "northstar", defaultTeamId } });
};

export const listTeams: Handler = ({ settings }) =>
  ok({
    teams: Object.values(teams).map((team) => teamJson(team, settings.plan)),
    pagination: { count: Object.keys(teams).length, next: null, prev: null },
  });

export const getTeam: Handler = ({ settings }, { param }) => {
  const found = findTeam(param("team"));
  if (found === undefined) throw notFound("The team could not be found");
  return ok(teamJson(found, settings.plan));
};

function teamJson(team: Team, plan: Plan) {
  return { ...team, createdAt: 1, created: "1", membership: { role: "OWNER" }, billing: { plan } };
}
