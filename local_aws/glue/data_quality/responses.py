"""The data quality actions of the Glue API. Recommendation runs, statistics and models are refused by their names."""

from moto.core.responses import ActionResult, EmptyResult

from local_aws.glue.pages import PagedResponse


class DataQualityResponse(PagedResponse):
    def create_data_quality_ruleset(self) -> ActionResult:
        ruleset = self.glue_backend.create_data_quality_ruleset(dict(self.parameters))
        return ActionResult({"Name": ruleset.name})

    def get_data_quality_ruleset(self) -> ActionResult:
        return ActionResult(self.glue_backend.get_data_quality_ruleset(self.parameters["Name"]).as_dict())

    def update_data_quality_ruleset(self) -> ActionResult:
        parameters = self.parameters
        ruleset = self.glue_backend.update_data_quality_ruleset(
            parameters["Name"], parameters.get("Ruleset"), parameters.get("Description")
        ).as_dict()
        return ActionResult({name: ruleset[name] for name in ("Name", "Description", "Ruleset") if name in ruleset})

    def delete_data_quality_ruleset(self) -> EmptyResult:
        self.glue_backend.delete_data_quality_ruleset(self.parameters["Name"])
        return EmptyResult()

    def list_data_quality_rulesets(self) -> ActionResult:
        parameters = self.parameters
        rulesets = self.glue_backend.list_data_quality_rulesets(
            parameters.get("Filter") or {}, parameters.get("Tags") or {}
        )
        return self.page("Rulesets", [ruleset.listed() for ruleset in rulesets])

    def start_data_quality_ruleset_evaluation_run(self) -> ActionResult:
        run = self.glue_backend.start_data_quality_ruleset_evaluation_run(dict(self.parameters))
        return ActionResult({"RunId": run.run_id})

    def get_data_quality_ruleset_evaluation_run(self) -> ActionResult:
        run = self.glue_backend.get_data_quality_ruleset_evaluation_run(self.parameters["RunId"])
        return ActionResult(run.as_dict())

    def cancel_data_quality_ruleset_evaluation_run(self) -> EmptyResult:
        self.glue_backend.cancel_data_quality_ruleset_evaluation_run(self.parameters["RunId"])
        return EmptyResult()

    def list_data_quality_ruleset_evaluation_runs(self) -> ActionResult:
        runs = self.glue_backend.list_data_quality_ruleset_evaluation_runs(self.parameters.get("Filter") or {})
        return self.page("Runs", [run.listed() for run in runs])

    def get_data_quality_result(self) -> ActionResult:
        return ActionResult(self.glue_backend.get_data_quality_result(self.parameters["ResultId"]).as_dict())

    def batch_get_data_quality_result(self) -> ActionResult:
        known = self.glue_backend.data_quality_results
        wanted = self.parameters["ResultIds"]
        return ActionResult(
            {
                "Results": [known[result_id].as_dict() for result_id in wanted if result_id in known],
                "ResultsNotFound": [result_id for result_id in wanted if result_id not in known],
            }
        )

    def list_data_quality_results(self) -> ActionResult:
        results = self.glue_backend.list_data_quality_results(self.parameters.get("Filter") or {})
        return self.page("Results", [result.listed() for result in results])
